#include <algorithm>
#include <cmath>

#include "apps/evaluate/evaluate.hpp"
#include "apps/evaluate/true_motion.hpp"
#include "model/data/batches.hpp"
#include "model/losses/objective.hpp"
#include "model/metrics/dynamics_metrics.hpp"
#include "model/metrics/metrics.hpp"
#include "model/metrics/statistics.hpp"
#include "model/metrics/symmetric.hpp"

namespace hamgen::apps {
namespace {

using at::Tensor;
using model::PhaseSpace;
using model::Window;

using model::to_vector;

Json numbers(const Tensor& values) {
  Json list = Json::array();
  for (const double value : to_vector(values)) list.push_back(number(value));
  return list;
}

// [B, T]: the mean over pixels and channels.
Tensor squared_error(const Tensor& frames, const Tensor& truth) {
  return (frames - truth).square().flatten(2).mean(2).to(at::kCPU, at::kDouble);
}

// Errors of many trajectories, a batch at a time.
class Gathered {
 public:
  void add(const Tensor& values) { parts_.push_back(values); }
  bool empty() const { return parts_.empty(); }
  Tensor all() const { return at::cat(parts_); }

 private:
  std::vector<Tensor> parts_;
};

// One way of rolling out: where it is compared with the truth.
struct Course {
  const char* name;
  std::int64_t intervals;
  double speed;
};

class VideoEvaluation {
 public:
  VideoEvaluation(const TrainedRun& run, const EvaluationData& data, const EvaluationOptions& options)
      : run_(run),
        model_(*run.video()),
        data_(data),
        options_(options),
        motion_(data.root, data.manifest, data.test),
        dt_(data.manifest.plan.config.at("dt").get<double>()) {
    if (options.forward < frames())
      throw schemas::FieldError("--forward = " + std::to_string(options.forward) + " is not allowed: " +
                                run.path.string() + " sees " + std::to_string(frames()) +
                                " frames, and beyond them is at least " + std::to_string(frames()));
  }

  Json all() {
    const at::NoGradGuard no_grad;
    const std::uint64_t count = std::min(options_.trajectories, data_.test.trajectories());
    for (std::uint64_t first = 0; first < count; first += batch())
      visit(windows(first, std::min(count, first + batch())));
    Json json = pixel_errors();
    json.update(energy());
    json.update(latent());
    return json;
  }

 private:
  // As many sequences at once as bounded memory allows.
  std::uint64_t batch() const {
    constexpr std::int64_t frames_at_once = 3000;
    const std::int64_t longest = std::max({options_.forward, options_.backward, frames()}) + 1;
    return static_cast<std::uint64_t>(std::clamp<std::int64_t>(frames_at_once / longest, 1, options_.batch));
  }
  std::int64_t frames() const { return run_.shape.frames; }

  static std::vector<Window> windows(std::uint64_t first, std::uint64_t end) {
    std::vector<Window> list;
    for (std::uint64_t i = first; i < end; ++i) list.push_back({i, 0, false});
    return list;
  }
  Tensor load(const dataset::SplitReader& reader, const char* name, const std::vector<Window>& list) const {
    return model::read_windows(reader, name, list, frames()).to(run_.device);
  }
  Tensor pixels(const Tensor& bytes) const { return model::to_pixels(bytes, run_.shape.image_size); }

  // The exact frames of a course, [B, intervals + 1, 3, S, S].
  Tensor truth(TrueMotion& motion, const std::vector<Window>& list, const Course& course) const {
    std::vector<Tensor> sequences;
    for (const Window& window : list)
      sequences.push_back(
          exact_frames(motion, window.trajectory, course.intervals, course.speed * dt_, run_.shape.image_size)
              .to(run_.device));
    return at::stack(sequences);
  }
  std::vector<double> times(const Course& course) const {
    std::vector<double> list;
    for (std::int64_t t = 0; t <= course.intervals; ++t)
      list.push_back(static_cast<double>(t) * course.speed * dt_);
    return list;
  }
  std::vector<Course> courses() const {
    return {{"forward", options_.forward, 1},
            {"backward", options_.backward, -1},
            {"half_speed", frames() - 1, 0.5},
            {"double_speed", frames() - 1, 2}};
  }

  // Of the frames of a course, the first one that counts: forward and backward those outside the window.
  std::int64_t first_outside(const Course& course) const {
    return std::string_view(course.name) == "forward"    ? frames()
           : std::string_view(course.name) == "backward" ? 1
                                                         : 0;
  }

  void visit(const std::vector<Window>& list);
  void compare(const std::vector<Window>& list, const PhaseSpace& inferred, const PhaseSpace& start);
  void inspect(const std::vector<Window>& list, const Tensor& bytes, const std::vector<PhaseSpace>& states);
  Json pixel_errors();
  Json course_json(std::size_t i) const;
  Json valid_prediction_time() const;
  Json energy() const;
  Json latent() const;
  Json train_error() const;

  const TrainedRun& run_;
  const model::VideoModel& model_;
  const EvaluationData& data_;
  const EvaluationOptions& options_;
  TrueMotion motion_;
  double dt_;

  Gathered noisy_, clean_, static_noisy_, static_clean_;  // [N, T]
  Gathered course_errors_[4], course_squares_[4];         // [N, intervals + 1]
  Gathered energy_;                                       // [N, T]
  Gathered starts_, returns_, reversed_pixels_;           // [N, 2 K], [N]
  Gathered kl_, drawn_, means_;                           // [N], [N], [N, Z]
  Gathered q_, p_;                                        // [N, T, K]
  std::optional<double> symplecticity_;
};

void VideoEvaluation::visit(const std::vector<Window>& list) {
  const Tensor bytes = load(data_.test, "frames", list), truth = pixels(bytes),
               exact = pixels(load(data_.test, "frames_clean", list));
  const PhaseSpace inferred = model_.infer(bytes);
  const auto states = model_.window(inferred, frames());
  const model::Rollout rollout = model_.show(states);
  noisy_.add(squared_error(model_.expected(rollout.frames), truth));
  clean_.add(squared_error(rollout.frames, exact));
  const Tensor still = truth.narrow(1, 0, 1).expand_as(truth);
  static_noisy_.add(squared_error(still, truth));
  static_clean_.add(squared_error(still, exact));
  if (rollout.energy.defined()) energy_.add(rollout.energy.to(at::kCPU, at::kDouble));
  compare(list, inferred, states.front());
  inspect(list, bytes, states);
  options_.progress(run_.path.string() + ": trajectory " + std::to_string(list.back().trajectory + 1));
}

void VideoEvaluation::compare(const std::vector<Window>& list, const PhaseSpace& inferred,
                              const PhaseSpace& start) {
  const auto all = courses();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Tensor exact = truth(motion_, list, all[i]);
    const auto states = all[i].speed == 1 ? model_.window(inferred, all[i].intervals + 1)
                                          : model_.roll_out(start, all[i].intervals + 1, all[i].speed);
    course_errors_[i].add(squared_error(model_.show(states).frames, exact));
    course_squares_[i].add(exact.square().flatten(2).mean(2).to(at::kCPU, at::kDouble));
  }
}

void VideoEvaluation::inspect(const std::vector<Window>& list, const Tensor& bytes,
                              const std::vector<PhaseSpace>& states) {
  const PhaseSpace& start = states.front();
  const model::Reversal back = reversal(model_, start, frames() - 1);
  starts_.add(back.start.to(at::kCPU, at::kDouble));
  returns_.add(back.end.to(at::kCPU, at::kDouble));
  reversed_pixels_.add(back.pixel_mse.to(at::kCPU, at::kDouble));
  if (const auto posterior = model_.posterior(bytes)) {
    const auto drawn = model_.window(model_.draw(*posterior, list.front().trajectory), frames());
    drawn_.add(squared_error(model_.expected(model_.show(drawn).frames), pixels(bytes)).mean(1));
    kl_.add(model::kl_to_standard_normal(posterior->mean, posterior->log_variance).to(at::kCPU, at::kDouble));
    means_.add(posterior->mean.flatten(1).to(at::kCPU, at::kDouble));
  }
  std::vector<Tensor> q, p;
  for (const PhaseSpace& state : states) {
    q.push_back(state.q.flatten(1).to(at::kCPU, at::kDouble));
    p.push_back(state.p.flatten(1).to(at::kCPU, at::kDouble));
  }
  q_.add(at::stack(q, 1));
  p_.add(at::stack(p, 1));
  if (!symplecticity_) {  // of a few states: a Jacobian is large
    const std::int64_t few = std::min<std::int64_t>(4, start.q.size(0));
    symplecticity_ = model::symplecticity(model_, {start.q.narrow(0, 0, few), start.p.narrow(0, 0, few)});
  }
}

Json VideoEvaluation::train_error() const {
  TrueMotion motion(data_.root, data_.manifest, data_.train);
  Gathered noisy, clean;
  const std::uint64_t count = trained_trajectories(run_, data_, options_);
  for (std::uint64_t first = 0; first < count; first += batch()) {
    const auto list = windows(first, std::min(count, first + batch()));
    const Tensor bytes = load(data_.train, "frames", list);
    const Tensor prediction = model_.reconstruct(bytes, frames()).frames;
    noisy.add(squared_error(model_.expected(prediction), pixels(bytes)).mean(1));
    clean.add(squared_error(prediction, truth(motion, list, {"window", frames() - 1, 1})).mean(1));
  }
  return {{"mse", interval_json(to_vector(noisy.all()))},
          {"mse_clean", interval_json(to_vector(clean.all()))}};
}

Json VideoEvaluation::course_json(std::size_t i) const {
  const Course course = courses()[i];
  const Tensor errors = course_errors_[i].all();
  const std::int64_t first = first_outside(course);
  Json json{{"frames", course.intervals + 1 - first},
            {"mse_clean", interval_json(to_vector(errors.slice(1, first).mean(1)))},
            {"per_frame", {{"time", times(course)}, {"mse_clean", numbers(errors.mean(0))}}}};
  if (course.speed < 0) {  // in order of time
    std::ranges::reverse(json["per_frame"]["time"]);
    std::ranges::reverse(json["per_frame"]["mse_clean"]);
  }
  return json;
}

// From the edge of the window on, in both directions.
Json VideoEvaluation::valid_prediction_time() const {
  Json json{{"threshold", model::validity_threshold}};
  for (const std::size_t i : {0U, 1U}) {
    const Course course = courses()[i];
    const std::int64_t first = first_outside(course);
    std::vector<double> list;
    for (std::int64_t t = first; t <= course.intervals; ++t)
      list.push_back(static_cast<double>(t - first + 1) * dt_);
    const double middle = model::median(model::valid_times(course_errors_[i].all().slice(1, first),
                                                           course_squares_[i].all().slice(1, first), list));
    const bool is_censored = !std::isfinite(middle);
    json[course.name] = {{"median", is_censored ? list.back() : middle}, {"is_censored", is_censored}};
  }
  return json;
}

Json VideoEvaluation::pixel_errors() {
  Json window_times = Json::array();
  for (std::int64_t t = 0; t < frames(); ++t) window_times.push_back(static_cast<double>(t) * dt_);
  const Tensor noisy = noisy_.all(), clean = clean_.all();
  Json errors{
      {"train", train_error()},
      {"test",
       {{"mse", interval_json(to_vector(noisy.mean(1)))},
        {"mse_clean", interval_json(to_vector(clean.mean(1)))},
        {"per_frame",
         {{"time", window_times}, {"mse", numbers(noisy.mean(0))}, {"mse_clean", numbers(clean.mean(0))}}}}}};
  const auto all = courses();
  for (std::size_t i = 0; i < all.size(); ++i) errors[all[i].name] = course_json(i);
  return {
      {"pixel_error", errors},
      {"static_image",
       {{"mse", number(static_noisy_.all().mean().item<double>())},
        {"mse_clean", number(static_clean_.all().mean().item<double>())}}},
      {"valid_prediction_time", valid_prediction_time()},
      {"reversibility",
       {{"state_error", number(model::relative_miss(starts_.all(), returns_.all()).mean().item<double>())},
        {"pixel_mse", number(reversed_pixels_.all().mean().item<double>())}}},
      {"symplecticity", {{"error", number(*symplecticity_)}}}};
}

// Mean and variance are along one roll-out, and averaged over roll-outs (Fig. 6).
Json VideoEvaluation::energy() const {
  if (energy_.empty()) return Json::object();
  const Tensor energy = energy_.all();
  const model::EnergyStatistics statistics = model::energy_statistics(energy);
  Json time = Json::array();
  for (std::int64_t t = 0; t < frames(); ++t) time.push_back(static_cast<double>(t) * dt_);
  return {{"energy",
           {{"mean", number(statistics.mean.item<double>())},
            {"variance", number(energy.var(1, /*unbiased=*/false).mean().item<double>())},
            {"spread", number(statistics.spread.item<double>())},
            {"drift", number(statistics.drift().item<double>())},
            {"example", {{"time", time}, {"energy", numbers(energy[0])}}}}}};
}

Json VideoEvaluation::latent() const {
  const Tensor q = q_.all(), p = p_.all();
  const auto count = static_cast<std::uint64_t>(q.size(0));
  const auto exact = [&](const char* name) {
    auto numbers = data_.test.numbers(name, 0, count);
    const auto stored = static_cast<std::int64_t>(data_.test.frames_per_trajectory());
    return at::from_blob(numbers.data(),
                         {q.size(0), stored, static_cast<std::int64_t>(numbers.size()) / q.size(0) / stored},
                         at::kDouble)
        .slice(1, 0, frames())
        .reshape({q.size(0) * frames(), -1})
        .clone();
  };
  Json json = Json::object();
  if (count >= 3) {
    const model::Symmetric result =
        model::measure_symmetric({q.flatten(0, 1), p.flatten(0, 1)}, {exact("q"), exact("p")}, frames());
    json["latent"] = {{"r2_q", number(result.r2_q)},
                      {"r2_p", number(result.r2_p)},
                      {"symetric", result.is_symmetric},
                      {"symplectic_error", number(result.symplectic_error)},
                      {"symplectic_deviation", number(result.symplectic_deviation)},
                      {"pairs", result.pairs},
                      {"order", result.order}};
  }
  if (kl_.empty()) return json;
  const double kl = kl_.all().mean().item<double>();
  // A Gaussian decoder of variance 1 (A.1) at one state drawn from each posterior, in nats a sequence.
  const auto values = static_cast<double>(frames() * 3 * run_.shape.image_size * run_.shape.image_size);
  const double likelihood = -0.5 * values * (drawn_.all().mean().item<double>() + std::log(2 * M_PI));
  json["kl"] = number(kl);
  json["elbo"] = number(likelihood - kl);
  json["active_latents"] = model::active_latents(means_.all());
  return json;
}

}  // namespace

Json evaluate_video(const TrainedRun& run, const EvaluationData& data, const EvaluationOptions& options) {
  return VideoEvaluation(run, data, options).all();
}

}  // namespace hamgen::apps
