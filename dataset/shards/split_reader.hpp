// Random access to the trajectories of one split, for any number of threads: what the trainer, the previews
// and the checks read datasets with.
//
// Each shard is compared with its SHA-256 when it is first needed (shard_file.hpp).
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "dataset/format/manifest.hpp"
#include "dataset/shards/shard_file.hpp"

namespace hamgen::dataset {

// Frames [first, first + count) of a trajectory.
struct FrameWindow {
  std::uint64_t trajectory = 0, first = 0, count = 0;
};

class SplitReader {
 public:
  // Checks presence and size in bytes of every shard. Throws ShardError; ManifestError where there is no such
  // split.
  SplitReader(std::filesystem::path dataset, const Manifest& manifest, const std::string& split);
  ~SplitReader();

  const std::string& split() const { return split_; }
  std::uint64_t trajectories() const { return trajectories_; }
  std::uint64_t frames_per_trajectory() const { return shape_[0]; }
  std::uint64_t frame_size() const { return shape_[1]; }  // frames are squares
  std::uint64_t frame_bytes() const { return shape_[1] * shape_[2] * shape_[3]; }
  std::size_t shards() const { return shards_.size(); }
  // Opened, and so checked. Throws ShardError. Thread-safe.
  const ShardFile& shard(std::size_t number) const;

  // Opens every shard, in parallel. Throws ShardError. Otherwise this happens as shards are read.
  void check_all() const;

  // Frames of "frames" or "frames_clean" of one trajectory, RGB8 [count, H, W, 3].
  // Thread-safe. Throws ShardError; std::out_of_range for frames or trajectories that there are not.
  void read_frames(const std::string& name, const FrameWindow& window, std::span<std::uint8_t> pixels) const;
  // The same for many windows, one after the other in `pixels`, on all of oneTBB's threads.
  void read_frames(const std::string& name, std::span<const FrameWindow> windows,
                   std::span<std::uint8_t> pixels) const;
  bool has(const std::string& name) const { return shard(0).map().datasets.contains(name); }
  // Trajectories [first, first + count) of a dataset of float64, row-major. Throws likewise.
  std::vector<double> numbers(const std::string& name, std::uint64_t first, std::uint64_t count) const;

 private:
  struct Slot;
  std::size_t shard_of(std::uint64_t trajectory) const;

  std::filesystem::path root_;
  std::string split_;
  std::array<std::uint64_t, 4> shape_{};  // T, H, W, 3
  std::uint64_t trajectories_ = 0;
  std::vector<std::unique_ptr<Slot>> shards_;
};

}  // namespace hamgen::dataset
