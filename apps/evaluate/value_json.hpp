// Numbers of an evaluation as JSON.
#pragma once

#include <vector>

#include "apps/fit/trained_run.hpp"

namespace hamgen::apps {

// Path, title, model, seed, size and what training took: the beginning of a run's entry.
Json about_json(const TrainedRun& run);
Json interval_json(const std::vector<double>& values);  // {"mean", "ci95", "n"}
Json list_json(const at::Tensor& values);               // row by row; null where one is not finite

}  // namespace hamgen::apps
