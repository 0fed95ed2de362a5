// What a predictor of a dataset's frames can be measured against (docs: README, "Noise floor").
//
// All are mean squared errors of value / 255, over pixels, channels and frames of up to 200 test trajectories:
// - mean image: the mean of up to 1000 train trajectories' noisy frames, as a constant prediction;
// - clean render: the frame drawn from the exact state;
// - noise floor: the best possible predictor given the exact state, the mean over noise draws of the frame;
//   estimated as the unbiased variance over 64 draws.
#pragma once

#include "apps/generate/config.hpp"
#include "dataset/format/manifest.hpp"
#include "simulators/trajectory.hpp"

namespace hamgen::apps {

// Simulates and renders afresh, with progress on stderr unless `quiet`; the result does not depend on the
// number of threads. Throws Interrupted (stop_signal.hpp).
dataset::Yardsticks measure_yardsticks(const Config& config, const simulators::Simulation& simulation,
                                       bool quiet);

}  // namespace hamgen::apps
