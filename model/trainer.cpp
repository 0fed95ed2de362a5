#include "model/trainer.hpp"

#include <algorithm>
#include <cmath>

namespace hamgen::model {
namespace {

using dataset::Json;
using schemas::FieldError;

constexpr const char* log_prefix = "log/";
constexpr const char* best_name = "best.safetensors";

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

double unix_time() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// The optimiser's buffers are to be where the parameters are: the model moves first.
Model& on_device(Model& model, const at::Device& device) {
  model.to(device);
  return model;
}

// An infinite or undefined number has no place in JSON.
Json number(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

}  // namespace

std::vector<schemas::Field> Trainer::fields(Observation observation) {
  using namespace schemas;
  const bool is_of_points = observation == Observation::points;
  std::vector<Field> fields{
      integer("data.validation", 0, is_of_points ? "point" : "trajectory",
              std::string("held out from the end of the train split; null: a tenth, at most ") +
                  (is_of_points ? "10,000" : "200"))
          .at_least(1)
          .or_automatic(),
      integer("data.workers", 1, "thread", "that decode batches ahead").at_least(1).at_most(64),
      integer("train.batch", 16, is_of_points ? "point" : "sequence", "of a step").at_least(1).at_most(65536),
      integer("train.log_every", 50, "step", "between log lines").at_least(1),
      integer("train.validate_every", 500, "step", "between validations").at_least(1),
      integer("train.checkpoint_every", 500, "step", "between checkpoints").at_least(1),
      integer("train.patience", 0, "validation",
              "without improvement, after which training stops; null: never")
          .at_least(1)
          .or_automatic(),
  };
  if (!is_of_points)
    fields.push_back(
        boolean("data.reverse", false, "play half of the sequences backward: H(q, -p) = H(q, p)"));
  if (observation == Observation::frames) {
    fields.push_back(integer("data.image_size", 0, "pixel",
                             "larger frames are averaged down to it; null: as in the dataset")
                         .multiple(8)
                         .at_least(8)
                         .or_automatic());
    fields.push_back(integer("train.sample_every", 1000, "step", "between sample pictures").at_least(1));
  }
  return fields;
}

std::int64_t integer_or(const schemas::Settings& settings, const char* path, std::int64_t fallback) {
  return !settings.values().contains(path) || settings.is_automatic(path) ? fallback : settings.integer(path);
}

std::uint64_t held_out(const schemas::Settings& settings, std::uint64_t count, std::uint64_t most) {
  const auto all = static_cast<std::int64_t>(count), limit = static_cast<std::int64_t>(most);
  const std::int64_t validation =
      integer_or(settings, "data.validation", std::clamp<std::int64_t>(all / 10, 1, limit));
  if (validation >= all)
    throw FieldError("data.validation = " + std::to_string(validation) +
                     " leaves nothing to train on: the train split has " + std::to_string(all));
  return static_cast<std::uint64_t>(validation);
}

TrainingData training_data(const schemas::Settings& settings, const dataset::Manifest& manifest,
                           const dataset::SplitReader& reader) {
  TrainingData data;
  const auto frames = static_cast<std::int64_t>(manifest.frame_shape[0]);
  const auto stored = static_cast<std::int64_t>(manifest.frame_shape[1]);
  const std::int64_t size = integer_or(settings, "data.image_size", stored);
  if (manifest.frame_shape[2] != manifest.frame_shape[1] || manifest.frame_shape[3] != 3)
    throw FieldError("the dataset's frames are not squares of three channels");
  if (size > stored || stored % size != 0)
    throw FieldError("data.image_size = " + std::to_string(size) +
                     " is not allowed: the dataset's frames have " + std::to_string(stored) +
                     " pixels a side, which it has to divide");
  const std::int64_t context = integer_or(settings, "data.context", frames),
                     horizon = integer_or(settings, "data.horizon", frames);
  for (const auto& [path, value] : {std::pair("data.context", context), std::pair("data.horizon", horizon)})
    if (value > frames)
      throw FieldError(std::string(path) + " = " + std::to_string(value) +
                       " is not allowed: the dataset's trajectories have " + std::to_string(frames) +
                       " frames");
  data.shape = {std::max(context, horizon),
                size,
                manifest.plan.config.at("dt").get<double>(),
                manifest.channel_mean,
                manifest.channel_std,
                static_cast<std::int64_t>(reader.shard(0).numbers_per_row("q")) / frames,
                {},
                {}};
  data.horizon = horizon;
  data.validation = held_out(settings, reader.trajectories(), 200);
  data.training = reader.trajectories() - data.validation;
  return data;
}

std::unique_ptr<BatchSource> window_source(const schemas::Settings& settings, const TrainingData& data,
                                           const dataset::SplitReader& reader, const Model& model) {
  BatchPlan plan;
  plan.seed = static_cast<std::uint64_t>(settings.integer("seed"));
  plan.trajectories = data.training;
  plan.batch = settings.integer("train.batch");
  plan.frames = model.training_frames(data.shape);
  plan.reverse = settings.boolean("data.reverse");
  return std::make_unique<WindowSource>(WindowReader(reader, model.observation()), plan, data.validation,
                                        data.shape.frames);
}

Trainer::Trainer(const schemas::Settings& settings, TrainingData data, std::unique_ptr<BatchSource> source,
                 std::shared_ptr<Model> model, const at::Device& device, std::filesystem::path directory)
    : settings_(settings),
      data_(std::move(data)),
      source_(std::move(source)),
      model_(std::move(model)),
      device_(device),
      directory_(std::move(directory)),
      optimizer_(settings, on_device(*model_, device)),
      steps_(settings.integer("train.steps")),
      seed_(static_cast<std::uint64_t>(settings.integer("seed"))) {
  std::filesystem::create_directories(directory_ / "checkpoints");
}

std::int64_t Trainer::horizon() const {
  const std::int64_t first = integer_or(settings_, "train.horizon_start", data_.horizon);
  if (first >= data_.horizon) return data_.horizon;
  const auto whole = static_cast<double>(data_.horizon), start = static_cast<double>(first);
  const double progress =
      static_cast<double>(step_) / (settings_.real("train.horizon_growth") * static_cast<double>(steps_));
  return static_cast<std::int64_t>(start + (whole - start) * std::min(1.0, progress));
}

bool Trainer::is_due(const char* every) const {
  return step_ % settings_.integer(every) == 0;
}

// Whose elements are not finite, from cause to effect; the losses of `terms` only while it is their own step.
void Trainer::diverged(const LossTerms* terms) const {
  std::string tensor = optimizer_.not_finite_parameter();
  if (tensor.empty() && terms != nullptr)
    for (const auto& [name, value] : terms->averaged)
      if (tensor.empty() && !value.isfinite().item<bool>()) tensor = name;
  if (tensor.empty()) tensor = optimizer_.not_finite_gradient();
  throw DivergenceError(
      std::string("training diverged ") + (terms != nullptr ? "in step " : "by step ") +
      std::to_string(step_ + (terms != nullptr)) + ": " + (tensor.empty() ? "the gradient's norm" : tensor) +
      " is not finite. A smaller optimizer.learning_rate or optimizer.clip_norm may help; the last "
      "checkpoint is from before");
}

void Trainer::require_finite() const {
  if (is_finite_.defined() && !is_finite_.item<bool>()) diverged(nullptr);
}

void Trainer::advance(const Batch& batch) {
  is_between_steps_ = false;
  const bool is_logged = (step_ + 1) % settings_.integer("train.log_every") == 0;
  LossTerms terms = model_->loss(batch, {seed_, static_cast<std::uint64_t>(step_), horizon(), is_logged});
  optimizer_.zero_gradients();
  terms.loss.backward();
  const Tensor norm = optimizer_.gradient_norm();
  const Tensor is_finite = norm.isfinite() & terms.loss.detach().isfinite();
  // To ask a GPU in every step would stall it: there the answer is kept, and read before anything is written.
  if (device_.is_cpu() && !is_finite.item<bool>()) diverged(&terms);
  is_finite_ = is_finite_.defined() ? is_finite_ & is_finite : is_finite;
  optimizer_.step(step_, norm);
  model_->after_step(terms);
  ++step_;

  terms.averaged.emplace_back("loss", terms.loss.detach());
  terms.averaged.emplace_back("gradient_norm", norm);
  if (sums_.empty())
    sums_ = std::move(terms.averaged);
  else
    for (std::size_t i = 0; i < sums_.size(); ++i)
      sums_[i].second = sums_[i].second + terms.averaged[i].second;
  ++summed_;
  momentary_ = std::move(terms.momentary);
  is_between_steps_ = true;
}

void Trainer::write_line(Json line, const Hooks& hooks) {
  line["time"] = unix_time();
  log_->write(line);
  hooks.on_log(line);
}

void Trainer::log(const Hooks& hooks) {
  require_finite();
  Json line{{"kind", "train"}, {"step", step_}};
  if (source_->training_size() > 0)
    line["epoch"] = static_cast<double>(step_ * settings_.integer("train.batch")) /
                    static_cast<double>(source_->training_size());
  for (const auto& [name, sum] : sums_)
    line[name] = number(sum.item<double>() / static_cast<double>(summed_));
  for (const auto& [name, value] : momentary_) line[name] = number(value.item<double>());
  line["learning_rate"] = optimizer_.learning_rate(step_ - 1);
  if (settings_.values().contains("train.horizon_start")) line["horizon"] = horizon();
  line["steps_per_second"] =
      static_cast<double>(step_ - last_logged_step_) / std::max(1e-9, seconds_since(last_log_));
  last_log_ = Clock::now();
  last_logged_step_ = step_;
  sums_.clear();
  summed_ = 0;
  write_line(std::move(line), hooks);
}

void Trainer::validate(const Hooks& hooks) {
  require_finite();
  Errors errors;
  {
    const AveragedParameters averaged(optimizer_);
    const std::uint64_t batch = model_->observation() == Observation::points ? 1000 : 50;
    errors = validation_errors(
        *model_,
        [this](std::uint64_t first, std::uint64_t count) { return source_->validation(first, count); },
        source_->validation_size(), device_, batch);
  }
  const bool is_best = std::isfinite(errors.mse) && (!best_ || errors.mse < *best_);
  if (is_best) best_ = errors.mse;
  validations_since_best_ = is_best ? 0 : validations_since_best_ + 1;
  const std::string name = error_name(model_->observation());
  Json line{{"kind", "validation"},
            {"step", step_},
            {name, number(errors.mse)},
            {"best_" + name, best_ ? Json(*best_) : Json(nullptr)}};
  if (model_->observation() != Observation::points)
    line.update({{"energy_mean", number(errors.energy_mean)}, {"energy_drift", number(errors.energy_drift)}});
  write_line(std::move(line), hooks);
  if (!is_best) return;
  save();  // first: the best weights are never newer than the newest checkpoint
  save_weights(directory_ / best_name);
}

void Trainer::save_weights(const std::filesystem::path& file) {
  require_finite();
  const AveragedParameters averaged(optimizer_);
  write_safetensors(file, tensors_of(*model_),
                    {{"format", "hamgen-weights-1"}, {"step", std::to_string(step_)}});
}

void Trainer::take_best() {
  const auto file = directory_ / best_name;
  if (!std::filesystem::exists(file)) return;
  const AveragedParameters averaged(optimizer_);
  restore(tensors_of(*model_), read_safetensors(file).tensors, file.string());
}

void Trainer::show(const Hooks& hooks) {
  const auto* const video = dynamic_cast<const VideoModel*>(model_.get());
  if (video == nullptr) return;
  constexpr std::uint64_t most = 4;
  const AveragedParameters averaged(optimizer_);
  const Tensor frames = source_->validation(0, std::min(most, source_->validation_size())).frames.to(device_);
  Samples samples;
  samples.truth = to_pixels(frames, data_.shape.image_size);
  samples.reconstruction = video->reconstruct(frames, data_.shape.frames).frames;
  samples.prior = video->sample(frames.size(0), data_.shape.frames, seed_).frames;
  hooks.on_samples(step_, samples);
}

NamedTensors Trainer::state_tensors() const {
  NamedTensors tensors = tensors_of(*model_);
  for (auto& [name, tensor] : optimizer_.state()) tensors.emplace_back("optimizer/" + name, tensor);
  return tensors;
}

// All that the run depends on: every setting, and the data.
Json Trainer::identity() const {
  Json settings{{"data", data_.fingerprint}};
  for (const auto& [path, value] : settings_.values()) settings[path] = schemas::to_text(value);
  return settings;
}

void Trainer::save() {
  if (saved_ == step_) return;
  require_finite();
  Checkpoint checkpoint;
  checkpoint.step = step_;
  checkpoint.settings = identity();
  checkpoint.state = {{"best_mse", best_ ? Json(*best_) : Json(nullptr)},
                      {"validations_since_best", validations_since_best_},
                      {"summed", summed_}};
  checkpoint.tensors = state_tensors();
  for (const auto& [name, sum] : sums_) checkpoint.tensors.emplace_back(log_prefix + name, sum);
  save_checkpoint(directory_ / "checkpoints", checkpoint);
  saved_ = step_;
}

void Trainer::resume(const Checkpoint& checkpoint) {
  const std::string where = "the checkpoint of step " + std::to_string(checkpoint.step);
  check_settings(identity(), checkpoint);
  std::optional<double> best;
  std::int64_t since_best = 0, summed = 0;
  try {
    const Json& state = checkpoint.state;
    if (!state.at("best_mse").is_null()) best = state["best_mse"].get<double>();
    since_best = state.at("validations_since_best");
    summed = state.at("summed");
  } catch (const Json::exception&) {
    throw CheckpointError(where + " is damaged: the trainer's state is not understood");
  }
  NamedTensors saved, sums;
  for (const auto& [name, tensor] : checkpoint.tensors) {
    if (name.starts_with(log_prefix))
      sums.emplace_back(name.substr(std::string(log_prefix).size()), tensor.to(device_));
    else
      saved.emplace_back(name, tensor);
  }
  if (sums.empty() != (summed == 0))
    throw CheckpointError(where + " is damaged: its sums do not fit its state");
  restore(state_tensors(), saved, where);
  best_ = best;
  validations_since_best_ = since_best;
  sums_ = std::move(sums);
  summed_ = summed;
  step_ = last_logged_step_ = saved_ = checkpoint.step;
}

std::optional<Ending> Trainer::ending(const Limits& limits) const {
  if (limits.interrupted != nullptr && *limits.interrupted) return Ending::interrupted;
  if (step_ >= steps_) return Ending::finished;
  if (limits.steps && step_ >= *limits.steps) return Ending::step_limit;
  if (limits.seconds && seconds_since(begin_) >= *limits.seconds) return Ending::time_limit;
  if (!settings_.is_automatic("train.patience") &&
      validations_since_best_ >= settings_.integer("train.patience"))
    return Ending::no_improvement;
  return std::nullopt;
}

Ending Trainer::train(const Limits& limits, const Hooks& hooks) {
  begin_ = last_log_ = Clock::now();
  log_ = std::make_unique<RunLog>(directory_, step_);
  save();  // so that there is something to go on from, whatever happens
  try {
    const Ending end = loop(limits, hooks);
    save();
    if (end != Ending::interrupted) show(hooks);
    return end;
  } catch (const DivergenceError&) {
    throw;
  } catch (...) {
    // Data or disk failed, not the model: the steps done are not lost, if they can be saved.
    try {
      if (is_between_steps_) save();
    } catch (const std::exception&) {
    }
    throw;
  }
}

Ending Trainer::loop(const Limits& limits, const Hooks& hooks) {
  // Points are there at once: another thread would only take a core from those that compute.
  const bool is_instant = model_->observation() == Observation::points;
  const auto workers = is_instant ? 0U : static_cast<unsigned>(settings_.integer("data.workers"));
  BatchStream batches(*source_, static_cast<std::uint64_t>(step_), workers, device_.is_cuda());
  while (true) {
    if (const auto end = ending(limits)) return *end;
    advance(batches.next().to(device_));
    hooks.on_step(step_);
    if (is_due("train.log_every")) log(hooks);
    if (is_due("train.validate_every") || step_ == steps_) validate(hooks);
    if (model_->observation() == Observation::frames && is_due("train.sample_every")) show(hooks);
    if (is_due("train.checkpoint_every")) save();
  }
}

}  // namespace hamgen::model
