// What a predictor of a dataset's frames can be measured against (schemas/shard.md).
//
// All are mean squared errors of value / 255, over pixels, channels and frames of up to 100 test trajectories:
// - mean image: the mean of up to 200 train trajectories' noisy frames, as a constant prediction;
// - clean render: the frame drawn from the exact state;
// - noise floor: the best possible predictor given the exact state, the mean over noise draws of the frame. Its
//   error is the variance of a value over the noise, estimated without bias by the sample variance, divided by
//   draws - 1, of a few draws of each frame: the one that the dataset holds, and fresh ones. What few draws do not
//   tell of one frame, thousands of frames do. Standard error: from how the trajectories' own means differ, which
//   are independent; so it covers both the draws and the choice of trajectories.
#pragma once

#include "apps/generate/shard_builder.hpp"
#include "dataset/format/manifest.hpp"

namespace hamgen::apps {

// Reads the frames of the finished shards that the manifest lists, among them a test split, and draws fresh noise;
// with progress on stderr unless the making is quiet. A function of the configuration alone, whatever the number
// of threads. Throws Interrupted (stop_signal.hpp), dataset::ShardError.
dataset::Yardsticks measure_yardsticks(const Making& making, const dataset::Manifest& manifest);

}  // namespace hamgen::apps
