// One training run: its directory, its progress for people, and its result on the test split.
#pragma once

#include <filesystem>

#include "apps/fit/fit_config.hpp"
#include "apps/fit/fit_options.hpp"
#include "model/training/trainer.hpp"

namespace hamgen::apps {

struct FitOutcome {
  std::filesystem::path run, data;  // data: empty for a built-in density
  bool is_first = true;             // of several processes: the one that writes and reports
  model::Ending ending = model::Ending::finished;
  Json result;  // also in RUN/result.json; null after an interruption
};

// A new run in options.out, with a schedule that fits into options.max_seconds unless its steps are kept. Throws schemas::FieldError, dataset::FileError, ShardError, ManifestError, and
// model::DivergenceError.
FitOutcome fit(FitConfig config, FitOptions options);
// Goes on with the run in options.out, with the data that it began with and the configuration, but for
// options.changes.
FitOutcome resume_fit(const FitOptions& options);

}  // namespace hamgen::apps
