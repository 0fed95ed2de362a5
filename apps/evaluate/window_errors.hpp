// Errors within the window that the model was shown: of its rollout, and of its first frame standing still.
#pragma once

#include "apps/evaluate/run_frames.hpp"
#include "apps/shell/field_json.hpp"

namespace hamgen::apps {

class WindowErrors {
 public:
  // `rollout`: of the window; stored frames, noisy and noise-free, [B, T, 3, S, S].
  void add(const model::VideoModel& model, const model::Rollout& rollout, const at::Tensor& noisy,
           const at::Tensor& clean);

  Json rollout_json(const RunFrames& frames) const;
  Json static_image_json() const;

 private:
  Gathered noisy_, clean_, static_noisy_, static_clean_;  // [N, T]
};

}  // namespace hamgen::apps
