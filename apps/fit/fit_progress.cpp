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

// " 3.1e-03 (22 % of the mean image's)": against noise-free frames where the line tells.
std::string FitProgress::error_text(const Json& line) {
  const std::string name = line.contains("mse_clean") ? "mse_clean" : "mse";
  const auto get = [&](const std::string& key) {
    return line.contains(key) && line[key].is_number() ? line[key].get<double>() : NAN;
  };
  std::string text = fmt::format(" {:.3e}", get(name));
  const double share = get(name + "_over_mean_image");
  if (std::isfinite(share))
    text += fmt::format(" ({:.{}f} % of the mean image's)", 100 * share, share < 0.1 ? 1 : 0);
  return text;
}

void FitProgress::on_log(const Json& line) {
  const auto get = [&](const char* key) {
    return line.contains(key) && line[key].is_number() ? line[key].get<double>() : NAN;
  };
  if (line.at("kind") == "resume" || line.at("kind") == "samples") return;
  const bool is_density = line.contains("nll");
  if (line.at("kind") == "validation")
    validation_ =
        is_density ? fmt::format("  validation {:.3f}", get("nll")) : "  validation" + error_text(line);
  else if (is_density)
    numbers_ = fmt::format("nll {:.3f} nats", get("nll"));
  else
    numbers_ =
        "mse" + error_text(line) + (line.contains("kl") ? fmt::format("  kl {:.0f}", get("kl")) : "") +
        (line.contains("energy_drift") ? fmt::format("  drift {:.1f} %", 100 * get("energy_drift")) : "");
}

void FitProgress::on_step(std::int64_t step) {
  if (options_.quiet || numbers_.empty() || !line_.is_due()) return;
  const double seconds = std::chrono::duration<double>(Clock::now() - begin_).count();
  const double rate = static_cast<double>(step - first_) / std::max(seconds, 1e-9);
  line_.show(fmt::format("step {}/{}  {:.1f}/s  {} left  {}{}", step, last_step(), rate,
                         duration_text(std::max(0.0, seconds_left(step, seconds, rate))), numbers_,
                         validation_));
}

std::int64_t FitProgress::last_step() const {
  return std::min(trainer_.steps(), options_.max_steps.value_or(trainer_.steps()));
}

double FitProgress::seconds_left(std::int64_t step, double seconds, double rate) const {
  const double left = static_cast<double>(last_step() - step) / std::max(rate, 1e-9);
  return options_.max_seconds ? std::min(left, *options_.max_seconds - seconds) : left;
}

}  // namespace hamgen::apps
