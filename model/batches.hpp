// Shards -> shuffled batches. What a batch holds depends on the seed and its number alone; worker threads
// decode ahead, and frames stay bytes until they are on the device.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "dataset/split_reader.hpp"
#include "model/torch.hpp"

namespace hamgen::model {

struct BatchPlan {
  std::uint64_t seed = 0;
  std::uint64_t first = 0, trajectories = 0;  // of the split: which to draw from
  std::int64_t batch = 16;
  std::int64_t frames = 31;  // of a window; its start is random where trajectories are longer
  bool reverse = false;      // play every second sequence, chosen at random, backward
};

// Which half of the data a model learns from.
enum class Observation { frames, states };

// Several windows: of what the model observes, the rest is undefined.
struct Batch {
  Tensor frames;            // u8 [B, T, H, W, 3]
  Tensor q, p;              // fp32 [B, T, D]: with the dataset's observation noise
  Tensor q_exact, p_exact;  // likewise, without it
  Tensor dq_dt, dp_dt;      // likewise: Hamilton's equations at the exact state
  Batch to(const at::Device& device) const;
};

// One sequence of a batch: frames [start, start + plan.frames) of a trajectory.
struct Window {
  std::uint64_t trajectory = 0, start = 0;
  bool is_reversed = false;
};
// Sequence `sample` (counted over the whole run) of the plan: every trajectory once an epoch, in an order of
// its own.
Window window_of(const BatchPlan& plan, std::uint64_t sample, std::uint64_t frames_per_trajectory);

// Frames of several windows, u8 [windows, frames, H, W, 3].
Tensor read_windows(const dataset::SplitReader& reader, const std::string& name,
                    const std::vector<Window>& windows, std::int64_t frames, bool is_pinned = false);

// Reads windows of one split, for any number of threads. States are few: all of them are held in memory.
class WindowReader {
 public:
  WindowReader(const dataset::SplitReader& reader, Observation observation);
  Batch read(const std::vector<Window>& windows, std::int64_t frames, bool is_pinned = false) const;
  std::uint64_t frames_per_trajectory() const { return reader_.frames_per_trajectory(); }

 private:
  const dataset::SplitReader& reader_;
  Observation observation_;
  Batch states_;  // of all trajectories, [N, T, D]
};

// Batches `first_step`, `first_step` + 1, ... in order.
class BatchStream {
 public:
  BatchStream(const WindowReader& reader, const BatchPlan& plan, std::uint64_t first_step, unsigned workers,
              bool is_pinned);
  ~BatchStream();
  BatchStream(const BatchStream&) = delete;
  BatchStream& operator=(const BatchStream&) = delete;

  // Pinned if so asked. Throws what went wrong while reading it.
  Batch next();

 private:
  struct Slot {
    Batch batch;
    std::exception_ptr error;
    bool is_ready = false;
  };
  void work();
  void stop();
  Batch read(std::uint64_t step) const;

  const WindowReader& reader_;
  BatchPlan plan_;
  bool is_pinned_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Slot> ahead_;         // of steps next_ + 0, 1, ...
  std::uint64_t next_, to_start_;  // the step that next() returns; the first that no worker has begun
  std::size_t depth_;
  bool is_stopping_ = false;
  std::vector<std::thread> workers_;
};

// u8 [..., H, W, 3] -> fp32 [..., 3, size, size] in units of 255; larger frames are averaged over areas.
Tensor to_pixels(const Tensor& frames, std::int64_t size);

}  // namespace hamgen::model
