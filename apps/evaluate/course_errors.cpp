#include "apps/evaluate/course_errors.hpp"

#include <algorithm>
#include <cmath>

#include "apps/evaluate/value_json.hpp"
#include "dataset/format/sealed_json.hpp"
#include "model/base/tensors.hpp"
#include "model/metrics/dynamics_metrics.hpp"
#include "model/metrics/statistics.hpp"

namespace hamgen::apps {

using at::Tensor;
using model::to_vector;

namespace {

// Of [N, T], without the sequences of which a frame is not finite.
Tensor finite_rows(const Tensor& values) {
  const Tensor is_finite = values.isfinite().all(1);
  return is_finite.all().item<bool>() ? values : values.index({is_finite});
}

}  // namespace

CourseErrors::CourseErrors(const RunFrames& frames, const EvaluationOptions& options,
                           const Tensor& mean_image)
    : frames_(frames),
      mean_image_(mean_image),
      all_{{{.name = "forward", .intervals = options.forward, .speed = 1, .first = frames.window()}},
           {{.name = "backward", .intervals = options.backward, .speed = -1, .first = 1}},
           {{.name = "half_speed", .intervals = frames.window() - 1, .speed = 0.5, .first = 0}},
           {{.name = "double_speed", .intervals = frames.window() - 1, .speed = 2, .first = 0}}} {}

void CourseErrors::add(const model::VideoModel& model, TrueMotion& motion,
                       const std::vector<model::Window>& windows, const model::PhaseSpace& inferred,
                       const model::PhaseSpace& start, const Tensor& first_frame) {
  for (Followed& followed : all_) {
    const auto& [name, intervals, speed, first] = followed.course;
    const Tensor exact = frames_.exact(motion, windows, intervals, speed);
    const auto states =
        speed == 1 ? model.window(inferred, intervals + 1) : model.rollout(start, intervals + 1, speed);
    followed.errors.add(squared_error(model.show(states).frames, exact));
    followed.mean_image.add(squared_error(mean_image_, exact));
    followed.static_image.add(squared_error(first_frame.unsqueeze(1), exact));
    followed.squares.add(exact.square().flatten(2).mean(2).to(at::kCPU, at::kDouble));
  }
}

Json CourseErrors::course_json(const Followed& followed) const {
  const auto& [name, intervals, speed, first] = followed.course;
  const Tensor all = followed.errors.all(), errors = all.index({followed.squares.all().isfinite().all(1)});
  Json json{
      {"frames", intervals + 1 - first},
      {"mse_clean", interval_json(to_vector(errors.slice(1, first).mean(1)))},
      {"per_frame", {{"time", frames_.times(intervals, speed)}, {"mse_clean", list_json(errors.mean(0))}}}};
  if (errors.size(0) < all.size(0)) json["left_out"] = all.size(0) - errors.size(0);
  if (speed < 0) {  // in order of time
    std::ranges::reverse(json["per_frame"]["time"]);
    std::ranges::reverse(json["per_frame"]["mse_clean"]);
  }
  return json;
}

void CourseErrors::add_to(Json& errors) const {
  for (const Followed& followed : all_) errors[followed.course.name] = course_json(followed);
}

Json CourseErrors::constant_json(Gathered Followed::*errors) const {
  Json json = Json::object();
  for (const Followed& followed : all_)
    json[followed.course.name] = dataset::number(
        finite_rows((followed.*errors).all()).slice(1, followed.course.first).mean().item<double>());
  return json;
}

Json CourseErrors::mean_image_json() const {
  return constant_json(&Followed::mean_image);
}

Json CourseErrors::static_image_json() const {
  return constant_json(&Followed::static_image);
}

Json CourseErrors::valid_prediction_time() const {
  Json json{{"threshold", model::validity_threshold}};
  for (const Followed& followed : all_) {
    const Course& course = followed.course;
    if (!course.leaves_window()) continue;
    std::vector<double> times;
    for (std::int64_t t = course.first; t <= course.intervals; ++t)
      times.push_back(static_cast<double>(t - course.first + 1) * frames_.dt());
    const Tensor squares = followed.squares.all(), is_known = squares.isfinite().all(1);
    const auto beyond = [&](const Tensor& values) { return values.index({is_known}).slice(1, course.first); };
    const double middle =
        model::median(model::valid_times(beyond(followed.errors.all()), beyond(squares), times));
    const bool is_censored = !std::isfinite(middle);
    json[course.name] = {{"median", is_censored ? times.back() : middle}, {"is_censored", is_censored}};
  }
  return json;
}

}  // namespace hamgen::apps
