// What a training run is asked for on the command line, beside its configuration.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <optional>

#include "apps/shell/field_json.hpp"

namespace hamgen::apps {

struct FitOptions {
  std::filesystem::path data, out;
  bool force = false, quiet = false;
  std::optional<double> max_seconds;
  bool keeps_steps = false;  // train.steps was asked for: max_seconds breaks off, and does not shorten it
  std::optional<std::int64_t> max_steps;
  const std::atomic<bool>* interrupted = nullptr;
  Assignments changes;  // of a resumed run's configuration: where it computes, how long it is
};

}  // namespace hamgen::apps
