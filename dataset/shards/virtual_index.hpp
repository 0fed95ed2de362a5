// train.h5, test.h5: one HDF5 file that shows all shards of a split as one, by virtual datasets with relative
// names. HDF5 reads what it cannot open (a shard that is missing, or beyond the process' limit of open files)
// as the fill value, and says nothing: NaN for numbers, 0 for the bytes of frames.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "dataset/format/layout.hpp"
#include "dataset/format/manifest.hpp"
#include "dataset/shards/hdf5.hpp"

namespace hamgen::dataset {

// `header` is that of the shards.
hdf5::MemoryFile make_virtual_index(const SplitHeader& header, const std::vector<ShardRecord>& shards);

IndexRecord index_record(const std::string& split, std::span<const std::byte> index);
// Throws ShardError (shard_file.hpp) where the index is missing or is not what its record says. It is not
// opened: what it shows is known, because it can be made again and compared.
void check_index(const std::filesystem::path& dataset, const IndexRecord& index);

}  // namespace hamgen::dataset
