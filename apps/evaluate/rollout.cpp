#include "apps/evaluate/rollout.hpp"

#include <fmt/format.h>

#include "apps/evaluate/true_motion.hpp"
#include "model/base/tensors.hpp"
#include "model/data/batches.hpp"
#include "model/metrics/dynamics_metrics.hpp"
#include "model/metrics/mixture.hpp"

namespace hamgen::apps {
namespace {

using at::Tensor;
using dataset::number;
using model::PhaseSpace;

const model::VideoModel& video_of(const TrainedRun& run) {
  if (run.video() == nullptr)
    throw schemas::FieldError(run.path.string() + " holds a model that sees no frames (" +
                              run.config.model->name + "): there are none to show");
  return *run.video();
}

// One sequence, as the model sees it.
class Sequence {
 public:
  Sequence(const TrainedRun& run, const EvaluationData& data, const SequenceChoice& choice)
      : run_(run),
        model_(video_of(run)),
        reader_(choice.split == "train" ? data.train : data.test),
        index_(choice.index),
        motion_(data.root, data.manifest, reader_),
        dt_(data.manifest.plan.config.at("dt").get<double>()) {
    require_suitable(run, data.manifest, data.coordinates());
    if (index_ >= reader_.trajectories())
      throw schemas::FieldError(
          fmt::format("trajectory {} is not there: the {} split has trajectories 0 to {}", index_,
                      choice.split, reader_.trajectories() - 1));
    bytes_ = model::read_windows(reader_, "frames", {{index_, 0, false}}, run.shape.frames).to(run.device);
    inferred_ = model_.infer(bytes_);
    start_ = model_.window(inferred_, 1).front();
  }

  const PhaseSpace& start() const { return start_; }
  Tensor observed() const { return model::to_pixels(bytes_, run_.shape.image_size)[0]; }

  // Adds the truth and the rollout.
  void add(RolloutResult& result, const std::string& label, std::int64_t intervals, double speed) {
    const model::Rollout rollout = model_.show(speed == 1 ? model_.window(inferred_, intervals + 1)
                                                          : model_.rollout(start_, intervals + 1, speed));
    const Tensor frames = rollout.frames[0].to(at::kCPU),
                 exact = exact_frames(motion_, index_, intervals, speed * dt_, run_.shape.image_size);
    result.sheet.rows.push_back({"truth", exact, true});
    result.sheet.rows.push_back({label, frames, false});
    Json row{{"label", label}, {"speed", speed}, {"intervals", intervals}, {"dt", dt_}};
    for (const double mse : model::to_vector((frames - exact).square().flatten(1).mean(1)))
      row["mse_clean"].push_back(number(mse));
    if (rollout.energy.defined())
      for (const double energy : model::to_vector(rollout.energy[0])) row["energy"].push_back(number(energy));
    result.json["rows"].push_back(std::move(row));
  }

  // How far the way there and back ends from where it began, of the state's own length: one state has no
  // mean.
  void add_reversal(RolloutResult& result, std::int64_t intervals) const {
    const model::Reversal way = reversal(model_, start_, intervals);
    const double miss = ((way.end - way.start).norm() / way.start.norm()).item<double>();
    const double mse = way.pixel_mse.mean().item<double>();
    result.json["reversal"] = {
        {"intervals", intervals}, {"miss_of_length", number(miss)}, {"pixel_mse", number(mse)}};
    result.sheet.notes.push_back(fmt::format(
        "{} intervals forward and back again: the state misses the start by {:.1e} of its length, "
        "the frame by an MSE of {:.1e}",
        intervals, miss, mse));
  }

 private:
  const TrainedRun& run_;
  const model::VideoModel& model_;
  const dataset::SplitReader& reader_;
  std::uint64_t index_;
  TrueMotion motion_;
  double dt_;
  Tensor bytes_;
  PhaseSpace inferred_, start_;  // at the anchor, and at the first frame
};

RolloutResult begin(const TrainedRun& run, const EvaluationData& data, const SequenceChoice& choice) {
  RolloutResult result;
  result.sheet.title =
      fmt::format("{} on {}, {} sequence {}", run.title(), data.manifest.system, choice.split, choice.index);
  result.json = {{"format", "hamgen-rollout-1"},       {"run", run.path.string()}, {"title", run.title()},
                 {"system", data.manifest.system},     {"split", choice.split},    {"index", choice.index},
                 {"image_size", run.shape.image_size}, {"rows", Json::array()}};
  return result;
}

std::string speed_text(double speed) {
  const std::string direction = speed < 0 ? "backward" : "forward";
  return std::abs(speed) == 1 ? direction : fmt::format("{} x {:g}", direction, std::abs(speed));
}

RolloutResult samples(const TrainedRun& run, const std::string& from, const model::Rollout& rollout,
                      std::uint64_t seed) {
  if (!rollout.frames.defined())
    throw schemas::FieldError(run.path.string() + " (" + run.title() + ") has no prior to draw samples from");
  RolloutResult result;
  result.sheet.title = fmt::format("{}: samples from {}, seed {}", run.title(), from, seed);
  result.json = {{"format", "hamgen-rollout-1"},
                 {"run", run.path.string()},
                 {"title", run.title()},
                 {"system", run.about.value("system", "")},
                 {"samples", rollout.frames.size(0)},
                 {"from", from},
                 {"seed", seed},
                 {"image_size", run.shape.image_size}};
  for (std::int64_t i = 0; i < rollout.frames.size(0); ++i)
    result.sheet.rows.push_back({fmt::format("sample {}", i), rollout.frames[i], false});
  return result;
}

}  // namespace

RolloutResult show_all(const TrainedRun& run, const EvaluationData& data, const SequenceChoice& choice) {
  RolloutResult result = begin(run, data, choice);
  Sequence sequence(run, data, choice);
  const std::int64_t intervals = run.shape.frames - 1;
  result.sheet.rows.push_back({"observed", sequence.observed(), false});
  sequence.add(result, "forward", intervals, 1);
  sequence.add(result, "backward", intervals, -1);
  sequence.add(result, "double speed", intervals, 2);
  sequence.add(result, "half speed", intervals, 0.5);
  sequence.add_reversal(result, intervals);
  return result;
}

RolloutResult show_one(const TrainedRun& run, const EvaluationData& data, const SequenceChoice& choice,
                       std::int64_t intervals, double speed) {
  RolloutResult result = begin(run, data, choice);
  Sequence sequence(run, data, choice);
  sequence.add(result, speed_text(speed), intervals, speed);
  sequence.add_reversal(result, intervals);
  return result;
}

RolloutResult show_prior(const TrainedRun& run, std::int64_t sequences, std::int64_t intervals,
                         std::uint64_t seed) {
  return samples(run, "the prior", video_of(run).sample(sequences, intervals + 1, seed), seed);
}

RolloutResult show_fitted(const TrainedRun& run, const EvaluationData& data, std::int64_t sequences,
                          std::int64_t intervals, std::uint64_t seed) {
  constexpr std::int64_t components = 30, chunk = 100;
  EvaluationOptions options;
  options.trajectories = 2000;
  require_suitable(run, data.manifest, data.coordinates());
  const model::VideoModel& video = video_of(run);
  const auto trained = static_cast<std::int64_t>(trained_trajectories(run, data, options));
  if (trained < 10)
    throw schemas::FieldError(
        "a density of what is encoded needs at least ten sequences: the train split of " +
        data.root.string() + " has " + std::to_string(trained) + " for it");
  const model::WindowReader reader(data.train, model::Observation::frames);
  std::vector<Tensor> means, variances;
  for (std::int64_t first = 0; first < trained; first += chunk) {
    const model::Batch batch =
        reader.read(static_cast<std::uint64_t>(first),
                    static_cast<std::uint64_t>(std::min(chunk, trained - first)), run.shape.frames);
    const auto posterior = video.posterior(batch.to(run.device).frames);
    if (!posterior) return samples(run, "", {}, seed);
    means.push_back(posterior->mean.cpu());
    variances.push_back(posterior->log_variance.exp().cpu());
  }
  const Tensor z = at::cat(means).to(at::kDouble), variance = at::cat(variances).to(at::kDouble);
  const model::Mixture mixture =
      model::fit_mixture(z.flatten(1), variance.flatten(1).mean(0), components, seed);
  std::vector<std::int64_t> shape = z.sizes().vec();
  shape[0] = sequences;
  const Tensor drawn = model::draw(mixture, sequences, seed).to(at::kFloat).view(shape).to(run.device);
  return samples(run, "what is encoded", video.show(video.window(video.start(drawn), intervals + 1)), seed);
}

RolloutResult show_interpolation(const TrainedRun& run, const EvaluationData& data,
                                 const SequenceChoice& from, std::uint64_t to, std::int64_t steps) {
  RolloutResult result = begin(run, data, from);
  const Sequence first(run, data, from), last(run, data, {from.split, to});
  result.sheet.title += fmt::format(" to {}: rollouts from states between", to);
  result.json["to"] = to;
  for (std::int64_t i = 0; i < steps; ++i) {
    const double weight = static_cast<double>(i) / static_cast<double>(steps - 1);
    const PhaseSpace state{at::lerp(first.start().q, last.start().q, weight),
                           at::lerp(first.start().p, last.start().p, weight)};
    const auto rollout = video_of(run).show(video_of(run).rollout(state, run.shape.frames));
    result.sheet.rows.push_back({fmt::format("{:.0f} %", 100 * weight), rollout.frames[0], false});
  }
  return result;
}

}  // namespace hamgen::apps
