#include "dataset/shards/virtual_index.hpp"

#include "dataset/files/sha256.hpp"
#include "dataset/shards/shard_file.hpp"
#include "dataset/shards/structure.hpp"

namespace hamgen::dataset {
namespace {

// Maps each shard's rows onto their place in the whole.
void map_shards(const hdf5::Handle& properties, const DatasetLayout& layout, std::vector<hsize_t> extents,
                const std::vector<ShardRecord>& shards) {
  const hdf5::Handle whole = hdf5::dataspace(extents);
  std::vector<hsize_t> offset(extents.size(), 0);
  for (const ShardRecord& shard : shards) {
    extents[0] = shard.trajectories();
    const hdf5::Handle source = hdf5::dataspace(extents);
    hdf5::check(H5Sselect_hyperslab(whole, H5S_SELECT_SET, offset.data(), nullptr, extents.data(), nullptr),
                "select a shard's rows");
    hdf5::check(H5Pset_virtual(properties, whole, shard.file.c_str(), layout.name.c_str(), source),
                "map a shard");
    offset[0] += extents[0];
  }
}

}  // namespace

void check_index(const std::filesystem::path& dataset, const IndexRecord& index) try {
  const std::string text = read_text(dataset, index.file);
  if (text.size() != index.bytes || sha256(std::as_bytes(std::span(text))) != index.sha256)
    throw ShardError("index " + (dataset / index.file).string() +
                     " does not have the size and SHA-256 of the manifest");
} catch (const FileError& error) {
  throw ShardError(error);
}

IndexRecord index_record(const std::string& split, std::span<const std::byte> index) {
  return {.file = split + ".h5", .bytes = index.size(), .sha256 = sha256(index)};
}

hdf5::MemoryFile make_virtual_index(const SplitHeader& header, const std::vector<ShardRecord>& shards) {
  std::vector<std::int64_t> ids;
  for (const ShardRecord& shard : shards)
    for (std::int64_t id = shard.first; id <= shard.last; ++id) ids.push_back(id);

  hdf5::MemoryFile file;
  Structure structure(file, header, ids.size(),
                      [&](const DatasetLayout& layout, std::span<const hsize_t> extents) {
                        hdf5::Handle properties = hdf5::property_list(H5P_DATASET_CREATE);
                        if (layout.is_per_trajectory() && !layout.is_scale()) {
                          hdf5::set_missing_value(properties, layout.element);
                          map_shards(properties, layout, {extents.begin(), extents.end()}, shards);
                        }
                        return properties;
                      });
  hdf5::write_all(structure.dataset("trajectory"), Element::i64, ids.data());
  structure.close();
  return file;
}

}  // namespace hamgen::dataset
