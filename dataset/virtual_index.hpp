// train.h5, test.h5: one HDF5 file that shows all shards of a split as one, by virtual datasets with relative
// names.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "dataset/hdf5.hpp"
#include "dataset/layout.hpp"
#include "dataset/manifest.hpp"

namespace hamgen::dataset {

// `header` is that of the shards.
hdf5::MemoryFile make_virtual_index(const SplitHeader& header, const std::vector<ShardRecord>& shards);

// Throws ShardError (shard_file.hpp) where the split's index is missing, is not what the manifest says, or
// shows anything but its shards.
void check_index(const std::filesystem::path& dataset, const SplitRecord& split);

}  // namespace hamgen::dataset
