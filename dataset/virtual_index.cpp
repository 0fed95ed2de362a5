#include "dataset/virtual_index.hpp"

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

}  // namespace

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
