#include "dataset/virtual_index.hpp"

#include <functional>

#include "dataset/digest.hpp"
#include "dataset/shard_file.hpp"
#include "dataset/structure.hpp"

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

std::string text_of(const std::function<ssize_t(char*, size_t)>& get) {
  const ssize_t length = get(nullptr, 0);
  if (length < 0) throw Hdf5Error("a mapping has no name");
  std::string text(static_cast<std::size_t>(length) + 1, '\0');
  get(text.data(), text.size());
  text.pop_back();
  return text;
}

// Whether a dataset of the index consists of the shards' datasets of the same name, in order.
bool shows_shards(hid_t dataset, const std::string& name, const std::vector<ShardRecord>& shards) {
  const hdf5::Handle properties(H5Dget_create_plist(dataset), H5Pclose, "read a dataset's properties");
  std::size_t count = 0;
  if (H5Pget_layout(properties) != H5D_VIRTUAL || H5Pget_virtual_count(properties, &count) < 0 ||
      count != shards.size())
    return false;
  for (std::size_t i = 0; i < count; ++i) {
    const auto file =
        text_of([&](char* text, size_t size) { return H5Pget_virtual_filename(properties, i, text, size); });
    const auto source =
        text_of([&](char* text, size_t size) { return H5Pget_virtual_dsetname(properties, i, text, size); });
    if (file != shards[i].file || source != name) return false;
  }
  return true;
}

void check_mappings(std::span<const std::byte> image, const SplitRecord& split) {
  const hdf5::Handle file = hdf5::open_image(image);
  for (const DatasetLayout& layout : shard_layout()) {
    if (!layout.is_per_trajectory() || layout.is_scale() || (layout.only_in_test && split.name != "test"))
      continue;
    const hdf5::Handle dataset = hdf5::open_dataset(file, layout.name);
    if (hdf5::extents_of(dataset).at(0) != split.trajectories() ||
        !shows_shards(dataset, layout.name, split.shards))
      throw Hdf5Error(layout.name + " does not show the shards' trajectories");
  }
}

}  // namespace

void check_index(const std::filesystem::path& dataset, const SplitRecord& split) {
  const std::string name = (dataset / split.index.file).string();
  try {
    const std::string text = read_text(dataset, split.index.file);
    const auto bytes = std::as_bytes(std::span(text));
    if (bytes.size() != split.index.bytes || sha256(bytes) != split.index.sha256)
      throw ShardError("index " + name + " does not have the size and SHA-256 of the manifest");
    check_mappings(bytes, split);
  } catch (const FileError& error) {
    throw ShardError(error.what());
  } catch (const Hdf5Error& error) {
    throw ShardError("index " + name + " is not as an index is: " + error.what());
  }
}

hdf5::MemoryFile make_virtual_index(const SplitHeader& header, const std::vector<ShardRecord>& shards) {
  std::vector<std::int64_t> ids;
  for (const ShardRecord& shard : shards)
    for (std::int64_t id = shard.first; id <= shard.last; ++id) ids.push_back(id);

  hdf5::MemoryFile file;
  Structure structure(file, header, ids.size(),
                      [&](const DatasetLayout& layout, std::span<const hsize_t> extents) {
                        hdf5::Handle properties = hdf5::property_list(H5P_DATASET_CREATE);
                        if (layout.is_per_trajectory() && !layout.is_scale())
                          map_shards(properties, layout, {extents.begin(), extents.end()}, shards);
                        return properties;
                      });
  hdf5::write_all(structure.dataset("trajectory"), Element::i64, ids.data());
  structure.close();
  return file;
}

}  // namespace hamgen::dataset
