// Shards -> shuffled batches. What a batch holds depends on the seed and its number alone; worker threads
// decode ahead, and frames stay bytes until they are on the device. Batches of points come from points.hpp.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "dataset/shards/split_reader.hpp"
#include "model/base/share.hpp"

namespace hamgen::model {

struct BatchPlan {
  std::uint64_t seed = 0;
  std::uint64_t first = 0, trajectories = 0;  // of the split: which to draw from
  std::int64_t batch = 16;
  Share share = {};          // of every batch, which this process reads
  std::int64_t frames = 31;  // of a window; its start is random where trajectories are longer
  bool reverse = false;      // play every second sequence, chosen at random, backward
};

// What a model learns from: videos, true states with their derivatives, or points of a density.
enum class Observation { frames, states, points };

// Several windows, or points: of what the model observes, the rest is undefined.
struct Batch {
  Tensor frames;            // u8 [B, T, H, W, 3]
  Tensor q, p;              // fp32 [B, T, D]: with the dataset's observation noise
  Tensor q_exact, p_exact;  // likewise, without it
  Tensor dq_dt, dp_dt;      // likewise: Hamilton's equations at the exact state
  Tensor points = {};       // fp32 [B, d]
  // u8 [B, T, H, W, 3]: noise-free, of a validation split alone.
  Tensor frames_clean = {};
  Batch to(const at::Device& device) const;
  std::int64_t rows() const;
  Batch narrow(std::int64_t first, std::int64_t count) const;  // some of the rows, not copied
};

// One sequence of a batch: frames [start, start + plan.frames) of a trajectory.
struct Window {
  std::uint64_t trajectory = 0, start = 0;
  bool is_reversed = false;
};
// Sequence `sample` (counted over the whole run) of the plan: every trajectory once an epoch, in an order of
// its own.
Window window_of(const BatchPlan& plan, std::uint64_t sample, std::uint64_t frames_per_trajectory);
// The share of the batch of one step.
std::vector<Window> windows_of(const BatchPlan& plan, std::uint64_t step,
                               std::uint64_t frames_per_trajectory);

// Whole windows of the trajectories [first, end), played forward.
std::vector<Window> whole_windows(std::uint64_t first, std::uint64_t end);

// Frames of several windows, u8 [windows, frames, H, W, 3].
Tensor read_windows(const dataset::SplitReader& reader, const std::string& name,
                    const std::vector<Window>& windows, std::int64_t frames, bool is_pinned = false);

// Reads windows of one split, for any number of threads. States are few: all of them are held in memory.
class WindowReader {
 public:
  // `has_clean`: noise-free frames are wanted, too, which all splits but train have.
  WindowReader(const dataset::SplitReader& reader, Observation observation, bool has_clean = false);
  Batch read(const std::vector<Window>& windows, std::int64_t frames, bool is_pinned = false) const;
  // The first `frames` frames of trajectories [first, first + count).
  Batch read(std::uint64_t first, std::uint64_t count, std::int64_t frames) const;
  std::uint64_t frames_per_trajectory() const { return reader_.frames_per_trajectory(); }

 private:
  const dataset::SplitReader& reader_;
  Observation observation_;
  bool has_clean_;
  Batch states_;  // of all trajectories, [N, T, D]
};

// Where a training's batches come from. Any thread may ask for any batch.
class BatchSource {
 public:
  virtual ~BatchSource() = default;
  virtual Batch training(std::uint64_t step, bool is_pinned) const = 0;
  // Sequences or points that training leaves out, [first, first + count).
  virtual Batch validation(std::uint64_t first, std::uint64_t count) const = 0;
  virtual std::uint64_t validation_size() const = 0;
  // Sequences or points of an epoch, in which each of them comes once; 0: always new ones.
  virtual std::uint64_t training_size() const = 0;
};

// Sequences that training leaves out: whole windows of `frames` frames of trajectories [first, first + count).
struct HeldOutWindows {
  WindowReader reader;
  std::uint64_t first = 0, count = 0;
  std::int64_t frames = 31;
};

// Windows of the train split by the plan.
class WindowSource : public BatchSource {
 public:
  WindowSource(WindowReader reader, const BatchPlan& plan, HeldOutWindows held_out)
      : reader_(std::move(reader)), plan_(plan), held_out_(std::move(held_out)) {}
  Batch training(std::uint64_t step, bool is_pinned) const override;
  Batch validation(std::uint64_t first, std::uint64_t count) const override;
  std::uint64_t validation_size() const override { return held_out_.count; }
  std::uint64_t training_size() const override { return plan_.trajectories; }

 private:
  WindowReader reader_;
  BatchPlan plan_;
  HeldOutWindows held_out_;
};

// Batches `first_step`, `first_step` + 1, ... in order; without workers, made when they are asked for.
class BatchStream {
 public:
  BatchStream(const BatchSource& source, std::uint64_t first_step, unsigned workers, bool is_pinned);
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

  const BatchSource& source_;
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
