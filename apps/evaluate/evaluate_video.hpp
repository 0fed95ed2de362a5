// What can be said of a model of videos: pixel errors inside the window and beyond, and how its state moves.
#pragma once

#include "apps/evaluate/evaluation_data.hpp"

namespace hamgen::apps {

// The entries of format hamgen-evaluation-1 (docs/evaluation.md) for one run of such a model. Throws
// schemas::FieldError where options.forward lies within the window, and what TrueMotion throws.
Json evaluate_video(const TrainedRun& run, const EvaluationData& data, const EvaluationOptions& options);

}  // namespace hamgen::apps
