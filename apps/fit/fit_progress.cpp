#include "apps/fit/fit_progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apps/shell/progress.hpp"

namespace hamgen::apps {

FitProgress::FitProgress(const model::Trainer& trainer, const FitOptions& options)
    : trainer_(trainer), options_(options), line_(std::chrono::milliseconds(250)), first_(trainer.step()) {}

FitProgress::~FitProgress() {
  line_.end();
}

void FitProgress::on_log(const Json& line) {
  const auto get = [&](const char* key) {
    return line.contains(key) && line[key].is_number() ? line[key].get<double>() : NAN;
  };
  if (line.at("kind") == "resume" || line.at("kind") == "samples") return;
  const bool is_density = line.contains("nll");
  if (line.at("kind") == "validation")
    validation_ = is_density ? fmt::format("  validation {:.3f}", get("nll"))
                             : fmt::format("  validation {:.3e}", get("mse"));
  else if (is_density)
    numbers_ = fmt::format("nll {:.3f} nats", get("nll"));
  else
    numbers_ =
        fmt::format("mse {:.3e}", get("mse")) +
        (line.contains("kl") ? fmt::format("  kl {:.0f}", get("kl")) : "") +
        (line.contains("energy_drift") ? fmt::format("  drift {:.1f} %", 100 * get("energy_drift")) : "");
}

void FitProgress::on_step(std::int64_t step) {
  if (options_.quiet || numbers_.empty() || !line_.is_due()) return;
  const double seconds = std::chrono::duration<double>(Clock::now() - begin_).count();
  const double rate = static_cast<double>(step - first_) / std::max(seconds, 1e-9);
  line_.show(fmt::format("step {}/{}  {:.1f}/s  {} left  {}{}", step, trainer_.steps(), rate,
                         duration_text(std::max(0.0, seconds_left(step, seconds, rate))), numbers_,
                         validation_));
}

double FitProgress::seconds_left(std::int64_t step, double seconds, double rate) const {
  std::int64_t last = trainer_.steps();
  if (options_.max_steps) last = std::min(last, *options_.max_steps);
  const double left = static_cast<double>(last - step) / std::max(rate, 1e-9);
  return options_.max_seconds ? std::min(left, *options_.max_seconds - seconds) : left;
}

}  // namespace hamgen::apps
