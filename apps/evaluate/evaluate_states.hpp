// What can be said of a model of states: its derivatives, and the true energy along its rollouts.
#pragma once

#include "apps/evaluate/evaluation_data.hpp"

namespace hamgen::apps {

// {"state_error": ...} of format hamgen-evaluation-1 (docs/evaluation.md), for one run.
Json evaluate_states(const TrainedRun& run, const EvaluationData& data, const EvaluationOptions& options);

}  // namespace hamgen::apps
