// One shard: a complete HDF5 file of consecutive trajectories, built in memory.
//
// Compressed chunks come ready-made from other threads and are stored as they are; everything else is written
// once, at the end. Equal rows give equal bytes.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "dataset/format/content_hash.hpp"
#include "dataset/shards/structure.hpp"

namespace hamgen::dataset {

using Chunk = std::vector<std::byte>;  // deflated

// One trajectory, T frames, D coordinates, P parameters. The views need to live until append returns.
struct ShardRow {
  std::int64_t trajectory = 0;
  std::vector<Chunk> frames, frames_clean;  // by chunk_frames(); frames_clean only where the split holds it
  RowDigest frames_digest{}, frames_clean_digest{};                    // of the same before compression
  std::span<const double> q, p, q_observed, p_observed, dq_dt, dp_dt;  // [T * D]
  std::span<const double> energy;                                      // [T]
  std::span<const double> energy_lost;                                 // [T], only with friction
  std::span<const double> energy_drift;                                // [1]
  std::span<const double> parameters;                                  // [P]
  std::span<const double> view_x, view_y;                              // [1]

  std::span<const double> numbers(const std::string& dataset) const;
};

class ShardWriter {
 public:
  // `trajectories`: how many rows will be appended. The header outlives the writer.
  ShardWriter(const SplitHeader& header, std::uint64_t trajectories);
  // Throws std::logic_error for a row of the wrong shape or one too many.
  void append(const ShardRow& row);
  // The finished file. The writer takes no more rows. Throws std::logic_error when rows are missing.
  hdf5::MemoryFile finish();
  // Of the finished file.
  std::string content() const { return content_.finish(); }

 private:
  void store_chunks(const char* dataset, const std::vector<Chunk>& chunks, const RowDigest& digest);

  bool is_number_column(const DatasetLayout& layout) const;

  const SplitHeader& header_;
  std::uint64_t trajectories_;
  FrameChunking chunking_;
  hdf5::MemoryFile file_;
  Structure structure_;
  std::vector<std::int64_t> ids_;
  std::map<std::string, std::vector<double>> columns_;
  ContentHash content_;
};

}  // namespace hamgen::dataset
