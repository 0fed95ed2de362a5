// The training loop: batches in, steps, log lines, validations and checkpoints out. What it does in step i
// depends on the configuration, the data and i alone, so a run that was interrupted ends like one that was
// not.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "model/data/batches.hpp"
#include "model/data/training_data.hpp"
#include "model/interfaces/video_model.hpp"
#include "model/metrics/metrics.hpp"
#include "model/training/checkpoint.hpp"
#include "model/training/gradient_sum.hpp"
#include "model/training/optimizer.hpp"
#include "model/training/run_log.hpp"

namespace hamgen::model {

// The loss or a parameter is not finite; the message names the tensor. The last checkpoint is from before.
class DivergenceError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

enum class Ending { finished, time_limit, step_limit, no_improvement, interrupted };

struct Limits {
  std::optional<double> seconds;
  std::optional<std::int64_t> steps;               // stop once so many are done
  const std::atomic<bool>* interrupted = nullptr;  // set by a signal handler
};

// A few sequences to look at, [B, T, 3, S, S] in units of 255.
struct Samples {
  Tensor truth, reconstruction, prior;  // prior: undefined where the model has none
};

// Seconds on this machine as busy as it is: of a step, on average over the schedule, and of a validation.
struct StepTimes {
  double step = 0, validation = 0;
};

struct Hooks {
  std::function<void(std::int64_t step)> on_step = [](std::int64_t) {};
  std::function<void(const dataset::Json& line)> on_log = [](const dataset::Json&) {};
  // Gives the file it drew, within the run's directory, or "".
  std::function<std::string(std::int64_t step, const Samples&)> on_samples =
      [](std::int64_t, const Samples&) { return std::string(); };
};

class Trainer {
 public:
  static std::vector<schemas::Field> fields(Observation observation);

  // `directory` is the run's: log and checkpoints/ go there, and best.safetensors, the weights of the best
  // validation. Of several processes each has its share of every batch, and the first one writes.
  Trainer(const schemas::Settings& settings, TrainingData data, std::unique_ptr<BatchSource> source,
          std::shared_ptr<Model> model, const at::Device& device, std::filesystem::path directory,
          std::shared_ptr<ProcessGroup> group = std::make_shared<ProcessGroup>());

  // Takes up a checkpoint. Throws CheckpointError.
  void resume(const Checkpoint& checkpoint);
  // Trains to the end or a limit; a checkpoint of where it stopped is saved. Throws DivergenceError.
  Ending train(const Limits& limits, const Hooks& hooks);

  // Takes `steps` steps, after a few to warm up, and times their parts. Nothing is written.
  void profile(std::int64_t steps, Profile& profile);
  // Takes steps at the beginning of the schedule, amid the growing horizon and at the end, at least `fewest` at each
  // place and (one process alone) for some `seconds` in all, and a part of a validation. Nothing is written, and this
  // trainer cannot go on: the weights have moved.
  StepTimes time_steps(std::int64_t fewest, double seconds);

  // The model's parameters stand for their moving average (if it has one) as long as the result lives.
  AveragedParameters averaged() { return AveragedParameters(optimizer_); }
  // The weights of the best validation (if there was one) become those that are evaluated and saved.
  void take_best();
  // The weights that are evaluated, without the optimiser's state.
  void save_weights(const std::filesystem::path& file);

  // "threads = 1, not 2": what is otherwise than when the checkpoint was made that the run goes on from.
  const std::vector<std::string>& changed() const { return changed_; }
  std::int64_t step() const { return step_; }
  std::int64_t steps() const { return steps_; }

 private:
  void advance(const Batch& batch);
  LossTerms loss_with_gradients(const Batch& batch, const StepContext& context);  // added to the parameters'
  std::function<Tensor(const Tensor&)> mean_of_shares() const;
  void average(LossTerms& terms);
  void add_to_log(LossTerms terms, const Tensor& norm);
  Errors validation();
  void begin_together();
  void complete_best();
  void write_line(dataset::Json line, const Hooks& hooks);
  void log(const Hooks& hooks);
  void validate(const Hooks& hooks);
  void show(const Hooks& hooks);
  void save();
  void write_checkpoint() const;
  std::int64_t horizon() const;
  bool is_due(const char* every) const;
  std::optional<Ending> own_ending(const Limits& limits) const;
  std::optional<Ending> ending(const Limits& limits);
  [[noreturn]] void diverged(const LossTerms* terms) const;
  void require_finite() const;
  BatchStream stream() const;
  Ending loop(const Limits& limits, const Hooks& hooks);
  dataset::Json identity() const;
  NamedTensors state_tensors() const;

  static constexpr const char* best_name = "best.safetensors";

  const schemas::Settings& settings_;
  TrainingData data_;
  std::unique_ptr<BatchSource> source_;
  std::shared_ptr<Model> model_;
  at::Device device_;
  std::filesystem::path directory_;
  std::shared_ptr<ProcessGroup> group_;
  std::optional<std::int64_t> shares_;  // of a step among this process's threads; chosen at the first
  Optimizer optimizer_;
  GradientSum gradient_sum_;
  std::unique_ptr<RunLog> log_;  // of the first process
  std::int64_t steps_, step_ = 0;
  std::uint64_t seed_;
  std::vector<std::string> changed_;
  std::optional<double> best_;
  std::int64_t best_step_ = -1;
  std::int64_t validations_since_best_ = 0;
  std::int64_t saved_ = -1;  // the step of the last checkpoint
  Profile* profile_ = nullptr;
  bool is_between_steps_ = true;  // parameters, moments and step belong together
  Tensor is_finite_;              // [] on the device: so was every loss and gradient

  NamedScalars sums_;  // of the log's current interval
  std::int64_t summed_ = 0;
  NamedScalars momentary_;
  using Clock = std::chrono::steady_clock;
  Clock::time_point begin_ = Clock::now(), last_log_ = begin_;
  std::int64_t last_logged_step_ = 0;
};

}  // namespace hamgen::model
