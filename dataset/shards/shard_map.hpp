// Where the values of a shard lie: HDF5 is asked once, with bytes whose hash was checked, and everything that
// a shard does not need is refused: links to elsewhere, external storage, virtual datasets, filters other
// than deflate, types and shapes other than the layout's, values outside the file.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "dataset/format/layout.hpp"
#include "dataset/shards/hdf5.hpp"

namespace hamgen::dataset {

struct FileRange {
  std::uint64_t offset = 0, bytes = 0;
};

// A dataset that has a value for every trajectory.
struct DatasetMap {
  std::uint64_t row_bytes = 0;
  // Contiguous datasets: row i lies at `offset` + i * `row_bytes`. Compressed ones: chunk c of row i is
  // chunks[i * chunking.chunks + c].
  std::uint64_t offset = 0;
  std::vector<FileRange> chunks;
};

struct ShardMap {
  std::uint64_t trajectories = 0;
  FrameChunking chunking;
  std::map<std::string, DatasetMap> datasets;
  std::vector<std::pair<std::string, LabelValues>> labels;
  std::map<std::string, AttributeValue> attributes;  // of the root

  std::uint64_t label_count(const std::string& axis) const;  // "coordinate": D
};

// What the bytes should be.
struct ShardExpectation {
  std::string split;
  std::uint64_t trajectories = 0;
  std::array<std::uint64_t, 4> frame_shape{};  // T, H, W, 3
};

// Throws Hdf5Error; the message says what is wrong, not where. Thread-safe.
ShardMap map_shard(std::span<const std::byte> image, const ShardExpectation& expected);

}  // namespace hamgen::dataset
