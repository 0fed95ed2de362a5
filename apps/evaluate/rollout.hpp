// A trained model's rollouts of one sequence, at any speed and in either direction, beside the truth;
// sequences from the prior; and the way from one state to another. What hgn-rollout shows (Figs. 7 and 8).
#pragma once

#include "apps/evaluate/evaluation_data.hpp"
#include "apps/fit/frame_sheet.hpp"

namespace hamgen::apps {

// One sequence of a split.
struct SequenceChoice {
  std::string split = "test";
  std::uint64_t index = 0;
};

struct RolloutResult {
  Sheet sheet;
  Json json;  // per row: label, speed, frames, MSE per frame against the exact motion, learned energy
};

// The rows of Fig. 7: truth, reconstruction, forward to `intervals`, backward, twice and half as fast; each
// with the truth's frames above it. Throws schemas::FieldError for an index that there is not.
RolloutResult show_all(const TrainedRun& run, const EvaluationData& data, const SequenceChoice& choice);
// One rollout of `intervals` intervals, each `speed` times the dataset's; negative: backward.
RolloutResult show_one(const TrainedRun& run, const EvaluationData& data, const SequenceChoice& choice,
                       std::int64_t intervals, double speed);
// Sequences from the prior N(0, 1). Throws schemas::FieldError where the model has none.
RolloutResult show_prior(const TrainedRun& run, std::int64_t sequences, std::int64_t intervals,
                         std::uint64_t seed);
// Sequences from a mixture of Gaussians that is fitted to what the model makes of the train split. Throws
// what show_prior() throws.
RolloutResult show_fitted(const TrainedRun& run, const EvaluationData& data, std::int64_t sequences,
                          std::int64_t intervals, std::uint64_t seed);
// Rollouts from states on the straight line between the states of two sequences.
RolloutResult show_interpolation(const TrainedRun& run, const EvaluationData& data,
                                 const SequenceChoice& from, std::uint64_t to, std::int64_t steps);

}  // namespace hamgen::apps
