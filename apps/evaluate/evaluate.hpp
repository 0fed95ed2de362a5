// What can be said of trained runs on a dataset: errors beside yardsticks, inside the window and beyond,
// energy, reversal, latent space. The result is JSON that the table, the page and the figures are made of.
#pragma once

#include <filesystem>
#include <vector>

#include "apps/evaluate/evaluation_data.hpp"
#include "apps/shell/field_json.hpp"

namespace hamgen::apps {

// Format hamgen-evaluation-1 (docs/evaluation.md). Throws what load_run() and require_suitable() throw.
Json evaluate_runs(const std::vector<std::filesystem::path>& runs, const EvaluationData& data,
                   const EvaluationOptions& options);

}  // namespace hamgen::apps
