#include "apps/evaluate/evaluate_video.hpp"

#include <algorithm>

#include "apps/evaluate/course_errors.hpp"
#include "apps/evaluate/diagnosis.hpp"
#include "apps/evaluate/latent_motion.hpp"
#include "apps/evaluate/value_json.hpp"
#include "apps/evaluate/window_errors.hpp"
#include "model/base/tensors.hpp"

namespace hamgen::apps {
namespace {

using at::Tensor;
using model::Window;

class VideoEvaluation {
 public:
  VideoEvaluation(const TrainedRun& run, const EvaluationData& data, const EvaluationOptions& options,
                  const Tensor& mean_image)
      : run_(run),
        model_(*run.video()),
        data_(data),
        options_(options),
        frames_(run, data),
        motion_(data.root, data.manifest, data.test),
        course_errors_(frames_, options, mean_image.to(run.device)),
        latent_motion_(model_, frames_),
        diagnosis_(model_, frames_, motion_) {
    if (options.forward < frames_.window())
      throw schemas::FieldError("--forward = " + std::to_string(options.forward) + " is not allowed: " +
                                run.path.string() + " sees " + std::to_string(frames_.window()) +
                                " frames, and beyond them is at least " + std::to_string(frames_.window()));
  }

  Json all() {
    const at::NoGradGuard no_grad;
    const std::uint64_t count = std::min(options_.trajectories, data_.test.trajectories());
    for (std::uint64_t first = 0; first < count; first += batch())
      visit(model::whole_windows(first, std::min(count, first + batch())));
    Json errors{{"train", train_error()}, {"test", window_errors_.rollout_json(frames_)}};
    course_errors_.add_to(errors);
    Json json{{"pixel_error", std::move(errors)},
              {"constant", constant_json()},
              {"valid_prediction_time", course_errors_.valid_prediction_time()},
              {"reversibility", latent_motion_.reversibility_json()},
              {"symplecticity", latent_motion_.symplecticity_json()}};
    json.update(latent_motion_.energy_json());
    json.update(latent_motion_.latent_json(data_.test));
    json.update(diagnosis_.json());
    return json;
  }

 private:
  // As many sequences at once as bounded memory allows.
  std::uint64_t batch() const {
    constexpr std::int64_t frames_at_once = 3000;
    const std::int64_t longest = std::max({options_.forward, options_.backward, frames_.window()}) + 1;
    return static_cast<std::uint64_t>(std::clamp<std::int64_t>(frames_at_once / longest, 1, options_.batch));
  }

  void visit(const std::vector<Window>& windows) {
    const Tensor bytes = frames_.stored(data_.test, "frames", windows);
    const model::PhaseSpace inferred = model_.infer(bytes);
    const auto states = model_.window(inferred, frames_.window());
    const model::Rollout rollout = model_.show(states);
    const Tensor noisy = frames_.pixels(bytes);
    window_errors_.add(model_, rollout, noisy,
                       frames_.pixels(frames_.stored(data_.test, "frames_clean", windows)));
    course_errors_.add(model_, motion_, windows, inferred, states.front(), noisy.select(1, 0));
    latent_motion_.add(windows, bytes, states, rollout.energy);
    diagnosis_.add(windows, states);
    options_.progress(run_.path.string() + ": trajectory " + std::to_string(windows.back().trajectory + 1));
  }

  Json constant_json() const {
    Json still = window_errors_.static_image_json();
    still.update(course_errors_.static_image_json());
    return {{"mean_image", course_errors_.mean_image_json()}, {"static_image", std::move(still)}};
  }

  Json train_error() const {
    TrueMotion motion(data_.root, data_.manifest, data_.train);
    Gathered noisy, clean;
    const std::uint64_t count = trained_trajectories(run_, data_, options_);
    for (std::uint64_t first = 0; first < count; first += batch()) {
      const auto windows = model::whole_windows(first, std::min(count, first + batch()));
      const Tensor bytes = frames_.stored(data_.train, "frames", windows);
      const Tensor prediction = model_.reconstruct(bytes, frames_.window()).frames;
      noisy.add(squared_error(model_.expected(prediction), frames_.pixels(bytes)).mean(1));
      clean.add(squared_error(prediction, frames_.exact(motion, windows, frames_.window() - 1, 1)).mean(1));
    }
    return {{"mse", interval_json(model::to_vector(noisy.all()))},
            {"mse_clean", interval_json(model::to_vector(clean.all()))}};
  }

  const TrainedRun& run_;
  const model::VideoModel& model_;
  const EvaluationData& data_;
  const EvaluationOptions& options_;
  RunFrames frames_;
  TrueMotion motion_;
  WindowErrors window_errors_;
  CourseErrors course_errors_;
  LatentMotion latent_motion_;
  Diagnosis diagnosis_;
};

}  // namespace

Json evaluate_video(const TrainedRun& run, const EvaluationData& data, const EvaluationOptions& options,
                    const at::Tensor& mean_image) {
  return VideoEvaluation(run, data, options, mean_image).all();
}

}  // namespace hamgen::apps
