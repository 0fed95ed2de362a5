// How far a training is, for people: step, rate, time left and the latest errors, in one line.
#pragma once

#include <chrono>
#include <string>

#include "apps/fit/fit_options.hpp"
#include "apps/shell/field_json.hpp"
#include "apps/shell/status_line.hpp"
#include "model/training/trainer.hpp"

namespace hamgen::apps {

class FitProgress {
 public:
  // Both outlive it.
  FitProgress(const model::Trainer& trainer, const FitOptions& options);
  ~FitProgress();
  FitProgress(const FitProgress&) = delete;
  FitProgress& operator=(const FitProgress&) = delete;

  void on_log(const Json& line);
  void on_step(std::int64_t step);

 private:
  using Clock = std::chrono::steady_clock;
  static std::string error_text(const Json& line);
  std::int64_t last_step() const;  // of the schedule, or of the limit that comes before
  double seconds_left(std::int64_t step, double seconds, double rate) const;

  const model::Trainer& trainer_;
  const FitOptions& options_;
  StatusLine line_;
  std::int64_t first_;
  Clock::time_point begin_ = Clock::now();
  std::string numbers_, validation_;
};

}  // namespace hamgen::apps
