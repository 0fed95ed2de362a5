// Random access to the trajectories of one split, for many threads: chunks are read under HDF5's lock and
// expanded outside it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "dataset/hdf5.hpp"
#include "dataset/manifest.hpp"

namespace hamgen::dataset {

// A shard that is missing, damaged, or not what the manifest says; the message names the file and the reason.
class ShardError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class SplitReader {
 public:
  // Checks presence and size in bytes of every shard, and that their ranges in the manifest follow each
  // other. Throws ShardError; ManifestError where there is no such split.
  SplitReader(std::filesystem::path dataset, const Manifest& manifest, const std::string& split);
  ~SplitReader();

  std::uint64_t trajectories() const { return trajectories_; }
  std::uint64_t frames_per_trajectory() const { return shape_[0]; }
  std::uint64_t frame_size() const { return shape_[1]; }  // frames are squares
  std::uint64_t frame_bytes() const { return shape_[1] * shape_[2] * shape_[3]; }

  // Opens the dataset ("frames") of every shard: its shape, chunks and trajectories have to be those of the
  // manifest. Throws ShardError. Otherwise this happens as shards are read.
  void check_all(const std::string& name) const;

  // Frames [first, first + count) of "frames" or "frames_clean" of one trajectory, RGB8 [count, H, W, 3].
  // Thread-safe. Throws ShardError; std::out_of_range for frames or trajectories that there are not.
  void read_frames(const std::string& name, std::uint64_t trajectory, std::uint64_t first,
                   std::uint64_t count, std::span<std::uint8_t> pixels) const;

 private:
  struct Shard;
  Shard& shard_of(std::uint64_t trajectory) const;
  hid_t opened(Shard& shard, const std::string& name) const;
  void check_dataset(const Shard& shard, const std::string& name, hid_t id) const;

  std::filesystem::path root_;
  std::array<std::uint64_t, 4> shape_;  // T, H, W, 3
  std::uint64_t trajectories_ = 0;
  std::vector<std::unique_ptr<Shard>> shards_;
  mutable std::mutex opening_;
};

}  // namespace hamgen::dataset
