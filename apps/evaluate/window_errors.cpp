#include "apps/evaluate/window_errors.hpp"

#include "apps/evaluate/value_json.hpp"
#include "dataset/format/sealed_json.hpp"
#include "model/base/tensors.hpp"

namespace hamgen::apps {

using at::Tensor;
using dataset::number;

void WindowErrors::add(const model::VideoModel& model, const model::Rollout& rollout, const Tensor& noisy,
                       const Tensor& clean) {
  noisy_.add(squared_error(model.expected(rollout.frames), noisy));
  clean_.add(squared_error(rollout.frames, clean));
  const Tensor still = noisy.narrow(1, 0, 1).expand_as(noisy);
  static_noisy_.add(squared_error(still, noisy));
  static_clean_.add(squared_error(still, clean));
}

Json WindowErrors::rollout_json(const RunFrames& frames) const {
  const Tensor noisy = noisy_.all(), clean = clean_.all();
  return {{"mse", interval_json(model::to_vector(noisy.mean(1)))},
          {"mse_clean", interval_json(model::to_vector(clean.mean(1)))},
          {"per_frame",
           {{"time", frames.times(frames.window() - 1, 1)},
            {"mse", list_json(noisy.mean(0))},
            {"mse_clean", list_json(clean.mean(0))}}}};
}

Json WindowErrors::static_image_json() const {
  return {{"mse", number(static_noisy_.all().mean().item<double>())},
          {"mse_clean", number(static_clean_.all().mean().item<double>())}};
}

}  // namespace hamgen::apps
