// train.h5, test.h5: one HDF5 file that shows all shards of a split as one, by virtual datasets with relative names.
#pragma once

#include <string>
#include <vector>

#include "dataset/layout.hpp"
#include "dataset/manifest.hpp"

namespace hamgen::dataset {

// The file's bytes. `header` is that of the shards.
std::vector<std::byte> make_virtual_index(const SplitHeader& header, const std::vector<ShardRecord>& shards);

}  // namespace hamgen::dataset
