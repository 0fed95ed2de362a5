#include "model/training/trainer.hpp"

#include <algorithm>
#include <cmath>

#include "model/training/thread_shares.hpp"

namespace hamgen::model {
namespace {

using dataset::Json;
using dataset::number;
using schemas::FieldError;

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

}  // namespace

std::vector<schemas::Field> Trainer::fields(Observation observation) {
  using namespace schemas;
  const bool is_of_points = observation == Observation::points;
  std::vector<Field> fields{
      integer("data.validation", 0, is_of_points ? "point" : "trajectory",
              is_of_points
                  ? "held out from the end of the train split; null: a tenth, at most 10,000"
                  : "of the validation split, to choose the best weights by; of a dataset without one, held "
                    "out from the end of the train split; null: all, or a tenth of train, at most 200")
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
        boolean("data.reverse", false,
                "play half of the sequences backward, where H(q, -p) = H(q, p) and there is no friction: the "
                "manifest tells"));
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

Trainer::Trainer(const schemas::Settings& settings, TrainingData data, std::unique_ptr<BatchSource> source,
                 std::shared_ptr<Model> model, const at::Device& device, std::filesystem::path directory,
                 std::shared_ptr<ProcessGroup> group)
    : settings_(settings),
      data_(std::move(data)),
      source_(std::move(source)),
      model_(std::move(model)),
      device_(device),
      directory_(std::move(directory)),
      group_(std::move(group)),
      optimizer_(settings, on_device(*model_, device), model_->output_layers()),
      gradient_sum_(*model_, optimizer_.parameters(), group_),
      steps_(settings.integer("train.steps")),
      seed_(static_cast<std::uint64_t>(settings.integer("seed"))) {
  if (settings.integer("train.batch") % group_->size() != 0)
    throw FieldError("train.batch = " + std::to_string(settings.integer("train.batch")) +
                     " is not allowed: " + std::to_string(group_->size()) + " processes share it evenly");
  if (source_->validation_size() < static_cast<std::uint64_t>(group_->size()))
    throw FieldError("data.validation = " + std::to_string(source_->validation_size()) +
                     " is not allowed: each of " + std::to_string(group_->size()) +
                     " processes needs a share of it");
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
  const StepContext context{.seed = seed_,
                            .step = static_cast<std::uint64_t>(step_),
                            .horizon = horizon(),
                            .progress = static_cast<double>(step_) / static_cast<double>(steps_),
                            .is_logged = (step_ + 1) % settings_.integer("train.log_every") == 0,
                            .share = {group_->rank(), group_->size()},
                            .profile = profile_,
                            .mean_of_shares = mean_of_shares()};
  optimizer_.zero_gradients();
  LossTerms terms = loss_with_gradients(batch, context);
  average(terms);
  context.lap("exchange");
  const Tensor norm = optimizer_.gradient_norm();
  Tensor is_finite = norm.isfinite();
  for (const auto& [name, value] : terms.averaged) is_finite = is_finite & value.isfinite();
  // To ask a GPU in every step would stall it: there the answer is kept, and read before anything is written.
  if (device_.is_cpu() && !is_finite.item<bool>()) diverged(&terms);
  is_finite_ = is_finite_.defined() ? is_finite_ & is_finite : is_finite;
  optimizer_.step(step_, norm);
  model_->after_step(terms);
  ++step_;
  context.lap("optimise");
  add_to_log(std::move(terms), norm);
}

LossTerms Trainer::loss_with_gradients(const Batch& batch, const StepContext& context) {
  LossTerms terms;
  if (!shares_) shares_ = group_->size() > 1 ? 1 : thread_shares(device_, batch.rows());
  if (*shares_ > 1) {
    terms = loss_of_shares(*model_, batch, context, *shares_);
  } else {
    terms = model_->loss(batch, context);
    context.lap("loss");
    gradient_sum_.begin();
    terms.loss.backward();
    context.lap("backward");
  }
  terms.averaged.emplace_back("loss", terms.loss.detach());
  return terms;
}

void Trainer::add_to_log(LossTerms terms, const Tensor& norm) {
  terms.averaged.emplace_back("gradient_norm", norm);
  if (sums_.empty())
    sums_ = std::move(terms.averaged);
  else
    for (std::size_t i = 0; i < sums_.size(); ++i)
      sums_[i].second = sums_[i].second + terms.averaged[i].second;
  ++summed_;
  momentary_ = std::move(terms.momentary);
}

std::function<Tensor(const Tensor&)> Trainer::mean_of_shares() const {
  if (group_->size() == 1) return {};
  return [this](const Tensor& of_share) {
    Tensor sum = of_share.clone();
    group_->sum(sum);
    return sum / group_->size();
  };
}

// Gradients and scalars become their means over the processes.
void Trainer::average(LossTerms& terms) {
  if (group_->size() == 1) return;
  std::vector<Tensor> scalars;
  for (const auto& [name, value] : terms.averaged) scalars.push_back(value.to(at::kFloat));
  const Tensor packed = at::stack(scalars);
  gradient_sum_.finish(packed);
  for (std::size_t i = 0; i < scalars.size(); ++i)
    terms.averaged[i].second = packed[static_cast<std::int64_t>(i)].to(terms.averaged[i].second.dtype());
}

void Trainer::write_line(Json line, const Hooks& hooks) {
  if (!log_) return;
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
  if (data_.mean_image_mse > 0 && line["mse"].is_number())
    line["mse_over_mean_image"] = number(line["mse"].get<double>() / data_.mean_image_mse);
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

// Each process validates its share; the sum of all shares, with zeros elsewhere, is the whole.
Errors Trainer::validation() {
  const AveragedParameters averaged(optimizer_);
  const auto whole = static_cast<std::int64_t>(source_->validation_size());
  const Share share{group_->rank(), group_->size()};
  const std::int64_t first = share.first(whole), count = share.count(whole);
  Validation part = validate_rows(
      *model_, [this](std::uint64_t from, std::uint64_t rows) { return source_->validation(from, rows); },
      static_cast<std::uint64_t>(first), static_cast<std::uint64_t>(first + count), device_,
      model_->observation() == Observation::points ? 1000 : 50);
  if (group_->size() == 1) return errors_of(part);
  const auto of_all = [&](const Tensor& rows) {
    std::vector<std::int64_t> shape = rows.sizes().vec();
    shape[0] = whole;
    Tensor all = at::zeros(shape, rows.options());
    all.narrow(0, first, count).copy_(rows);
    group_->sum(all);
    return all;
  };
  for (Tensor* const rows : {&part.error, &part.energy, &part.error_clean})
    if (rows->defined()) *rows = of_all(*rows);
  return errors_of(part);
}

void Trainer::validate(const Hooks& hooks) {
  require_finite();
  const Errors errors = validation();
  // Where frames without noise are at hand, the error against those: what is wanted of a model, and less noisy.
  const bool has_clean = !std::isnan(errors.mse_clean);
  const double error = has_clean ? errors.mse_clean : errors.mse;
  const bool is_best = std::isfinite(errors.mse) && std::isfinite(error) && (!best_ || error < *best_);
  if (is_best) {
    best_ = error;
    best_step_ = step_;
  }
  validations_since_best_ = is_best ? 0 : validations_since_best_ + 1;
  const std::string name = error_name(model_->observation());
  Json line{{"kind", "validation"}, {"step", step_}, {name, number(errors.mse)}};
  if (has_clean) line[name + "_clean"] = number(errors.mse_clean);
  if (const double constant = has_clean ? data_.mean_image_mse_clean : data_.mean_image_mse; constant > 0)
    line[name + (has_clean ? "_clean" : "") + "_over_mean_image"] = number(error / constant);
  line["best_" + name + (has_clean ? "_clean" : "")] = best_ ? Json(*best_) : Json(nullptr);
  if (model_->observation() != Observation::points)
    line.update({{"energy_mean", number(errors.energy_mean)}, {"energy_drift", number(errors.energy_drift)}});
  write_line(std::move(line), hooks);
  if (!is_best) return;
  save();  // first: the best weights are never newer than the newest checkpoint; complete_best() mends older ones
  save_weights(directory_ / best_name);
}

void Trainer::save_weights(const std::filesystem::path& file) {
  require_finite();
  if (!group_->is_first()) return;
  const AveragedParameters averaged(optimizer_);
  write_safetensors(
      file, tensors_of(*model_),
      {{"format", "hamgen-weights-1"}, {"step", std::to_string(step_)}, {"settings", identity().dump()}});
}

void Trainer::take_best() {
  const auto file = directory_ / best_name;
  if (!std::filesystem::exists(file)) return;
  const AveragedParameters averaged(optimizer_);
  restore(tensors_of(*model_), read_safetensors(file).tensors, file.string());
}

void Trainer::show(const Hooks& hooks) {
  const auto* const video = dynamic_cast<const VideoModel*>(model_.get());
  if (video == nullptr || !group_->is_first()) return;
  constexpr std::uint64_t most = 4;
  const AveragedParameters averaged(optimizer_);
  const Tensor frames = source_->validation(0, std::min(most, source_->validation_size())).frames.to(device_);
  Samples samples;
  samples.truth = to_pixels(frames, data_.shape.image_size);
  samples.reconstruction =
      video->show(video->window(video->infer_at_once(frames), data_.shape.frames)).frames;
  samples.prior = video->sample(frames.size(0), data_.shape.frames, seed_).frames;
  if (const std::string file = hooks.on_samples(step_, samples); !file.empty())
    write_line({{"kind", "samples"}, {"step", step_}, {"file", file}}, hooks);
}

std::optional<Ending> Trainer::own_ending(const Limits& limits) const {
  // First what all processes know alike.
  if (step_ >= steps_) return Ending::finished;
  if (limits.steps && step_ >= *limits.steps) return Ending::step_limit;
  if (!settings_.is_automatic("train.patience") &&
      validations_since_best_ >= settings_.integer("train.patience"))
    return Ending::no_improvement;
  if (limits.interrupted != nullptr && *limits.interrupted) return Ending::interrupted;
  if (limits.seconds && seconds_since(begin_) >= *limits.seconds) return Ending::time_limit;
  return std::nullopt;
}

// Several processes stop together: a signal or a clock of one of them counts for all. What else ends a
// training each of them knows by itself.
std::optional<Ending> Trainer::ending(const Limits& limits) {
  const auto own = own_ending(limits);
  const bool is_known = own && own != Ending::interrupted && own != Ending::time_limit;
  constexpr std::int64_t steps_between = 10;  // on a GPU, which an answer in every step would stall
  if (group_->size() == 1 || is_known) return own;
  if (device_.is_cuda() && step_ % steps_between != 0) return std::nullopt;
  Tensor wish = at::zeros({2}, at::TensorOptions(device_));
  if (own) wish[own == Ending::interrupted ? 1 : 0] = 1;
  group_->sum(wish);
  if (wish[1].item<float>() > 0) return Ending::interrupted;
  return wish[0].item<float>() > 0 ? std::optional(Ending::time_limit) : std::nullopt;
}

// Equal copies from here on, whatever each process read or drew.
void Trainer::begin_together() {
  if (group_->size() == 1) return;
  for (const auto& [name, tensor] : state_tensors()) group_->broadcast(tensor);
  const Tensor step = at::full({}, static_cast<double>(step_), at::TensorOptions(device_).dtype(at::kDouble));
  for (const Tensor& other : group_->gather(step))
    if (other.item<double>() != static_cast<double>(step_))
      throw CheckpointError(
          "the processes of this training begin at different steps: do all see the same directory?");
}

Ending Trainer::train(const Limits& limits, const Hooks& hooks) {
  begin_together();
  begin_ = last_log_ = Clock::now();
  if (group_->is_first()) {
    std::filesystem::create_directories(directory_ / "checkpoints");
    log_ = std::make_unique<RunLog>(directory_, step_);
  }
  if (!changed_.empty()) write_line({{"kind", "resume"}, {"step", step_}, {"changed", changed_}}, hooks);
  complete_best();
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

BatchStream Trainer::stream() const {
  // Points are there at once: another thread would only take a core from those that compute.
  const bool is_instant = model_->observation() == Observation::points;
  const auto workers = is_instant ? 0U : static_cast<unsigned>(settings_.integer("data.workers"));
  return {*source_, static_cast<std::uint64_t>(step_), workers, device_.is_cuda()};
}

Ending Trainer::loop(const Limits& limits, const Hooks& hooks) {
  BatchStream batches = stream();
  while (true) {
    if (const auto end = ending(limits)) return *end;
    advance(batches.next().to(device_));
    hooks.on_step(step_);
    if (is_due("train.log_every")) log(hooks);
    if (is_due("train.validate_every") || step_ == steps_) validate(hooks);
    if (model_->observation() == Observation::frames && is_due("train.sample_every")) show(hooks);
    if (is_due("train.checkpoint_every")) save();
    is_between_steps_ = true;  // not before: a resumed run would leave out the validation of this step
  }
}

}  // namespace hamgen::model
