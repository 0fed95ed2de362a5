// The frames that a run is compared with, as large as those it was trained on and on its device: the stored
// ones, and those of the exact motion.
#pragma once

#include <cstdint>
#include <vector>

#include "apps/evaluate/evaluation_data.hpp"
#include "apps/evaluate/true_motion.hpp"
#include "model/data/batches.hpp"

namespace hamgen::apps {

class RunFrames {
 public:
  // Both outlive it.
  RunFrames(const TrainedRun& run, const EvaluationData& data);

  std::int64_t window() const { return run_.shape.frames; }
  double dt() const { return dt_; }
  // "frames" or "frames_clean" of whole windows, u8 [B, T, H, W, 3].
  at::Tensor stored(const dataset::SplitReader& reader, const char* name,
                    const std::vector<model::Window>& windows) const;
  // Of stored frames, [B, T, 3, S, S] in units of 255.
  at::Tensor pixels(const at::Tensor& bytes) const;
  // After 0, 1, ..., `intervals` intervals, each `speed` times dt (negative: backward): [B, intervals + 1, 3,
  // S, S]. NaN where the exact motion cannot be integrated that far (a collision outside the window).
  at::Tensor exact(TrueMotion& motion, const std::vector<model::Window>& windows, std::int64_t intervals,
                   double speed) const;
  // The times of these frames.
  std::vector<double> times(std::int64_t intervals, double speed) const;

 private:
  const TrainedRun& run_;
  double dt_;
};

// [B, T]: the mean over pixels and channels, in fp64 on the CPU.
at::Tensor squared_error(const at::Tensor& frames, const at::Tensor& truth);

// Tensors of a batch at a time, joined along their first axis.
class Gathered {
 public:
  void add(const at::Tensor& values) { parts_.push_back(values); }
  bool empty() const { return parts_.empty(); }
  at::Tensor all() const { return at::cat(parts_); }

 private:
  std::vector<at::Tensor> parts_;
};

}  // namespace hamgen::apps
