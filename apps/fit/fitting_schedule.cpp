#include "apps/fit/fitting_schedule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "apps/shell/progress.hpp"
#include "apps/shell/streams.hpp"

namespace hamgen::apps {

void shorten(FitConfig& config, std::int64_t steps) {
  const schemas::Settings& settings = config.settings;
  const std::int64_t before = settings.integer("train.steps");
  if (steps >= before) return;
  const double share = static_cast<double>(steps) / static_cast<double>(before);
  const auto has = [&](const char* path) { return settings.values().contains(path); };
  config.set("train.steps", steps);
  if (has("optimizer.warmup"))
    config.set("optimizer.warmup", static_cast<std::int64_t>(std::llround(
                                       share * static_cast<double>(settings.integer("optimizer.warmup")))));
  if (has("optimizer.average_decay") && settings.real("optimizer.average_decay") > 0)  // none stays none
    config.set("optimizer.average_decay",
               std::max(0.0, 1 - (1 - settings.real("optimizer.average_decay")) / share));
  for (const char* path : {"train.validate_every", "train.sample_every", "train.checkpoint_every"})
    if (has(path)) config.set(path, std::clamp(steps / 4, std::int64_t{1}, settings.integer(path)));
}

std::int64_t fitting_steps(const model::StepTimes& times, std::int64_t validate_every, double seconds) {
  constexpr double margin = 0.9;
  const double each = times.step + times.validation / static_cast<double>(validate_every);
  const double steps = (margin * seconds - times.validation) / each;
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(std::min(steps, 1e12)));
}

double fit_into(Setup& setup, double seconds, bool quiet) {
  const auto begin = std::chrono::steady_clock::now();
  const auto& settings = setup.config.settings;
  const std::int64_t wanted = settings.integer("train.steps");
  // A second network: the one that is trained stays as it was drawn.
  const auto network = setup.config.model->make(settings, setup.data.training().shape);
  model::Trainer trainer(settings, setup.data.training(),
                         setup.data.source(setup.config, *network, setup.share()), network, setup.device, {},
                         setup.group);
  // Long enough to see what other programs take of the machine.
  constexpr std::int64_t fewest = 2;
  constexpr double share = 0.06;
  const model::StepTimes times = trainer.time_steps(fewest, share * seconds);
  // The mean of all processes: they have to choose the same.
  at::Tensor spent =
      at::full({}, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(),
               at::TensorOptions(setup.device).dtype(at::kDouble));
  if (setup.group->size() > 1) setup.group->sum(spent);
  const double left =
      std::max(0.0, seconds - spent.item<double>() / static_cast<double>(setup.group->size()));
  // The pauses between validations depend on the number of steps, and this on them.
  const std::int64_t pause = std::min(
      settings.integer("train.validate_every"),
      std::max<std::int64_t>(1, fitting_steps(times, settings.integer("train.validate_every"), left) / 4));
  const std::int64_t steps = fitting_steps(times, pause, left);
  if (steps < wanted && !quiet && setup.group->is_first())
    tell(fmt::format(
        "hgn-fit: {:.1f} steps a second: a schedule of {} steps fits into {} (the preset's has {})\n",
        1 / times.step, steps, duration_text(left), wanted));
  shorten(setup.config, steps);
  return left;
}

}  // namespace hamgen::apps
