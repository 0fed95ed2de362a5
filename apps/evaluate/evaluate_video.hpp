// What can be said of a model of videos: pixel errors inside the window and beyond, and how its state moves.
#pragma once

#include "apps/evaluate/evaluation_data.hpp"

namespace hamgen::apps {

// The entries of format hamgen-evaluation-1 (docs/evaluation.md) for one run of such a model; in "constant"
// what the mean image, [3, S, S], and the static one score on the same frames. Throws schemas::FieldError
// where options.forward lies within the window.
Json evaluate_video(const TrainedRun& run, const EvaluationData& data, const EvaluationOptions& options,
                    const at::Tensor& mean_image);

}  // namespace hamgen::apps
