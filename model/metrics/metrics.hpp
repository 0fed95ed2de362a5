// How good a model is: pixel errors over a split, and what its rollouts keep of the learned energy.
#pragma once

#include <cstdint>
#include <functional>

#include "dataset/shards/split_reader.hpp"
#include "model/interfaces/video_model.hpp"

namespace hamgen::model {

// In units of (pixel value / 255)^2, over trajectories, times, pixels and channels.
struct Errors {
  std::uint64_t trajectories = 0;
  double mse = 0;        // against the (noisy) frames
  double mse_clean = 0;  // against noise-free frames; NaN where the split has none
  double energy_mean = 0, energy_drift = 0;
};

// What Model::validate() says of `count` sequences or points, which `fetch` gives batch by batch: `mse` is
// its mean error.
using Fetch = std::function<Batch(std::uint64_t first, std::uint64_t count)>;
Errors validation_errors(Model& model, const Fetch& fetch, std::uint64_t count, const at::Device& device,
                         std::uint64_t batch = 50);
// In two steps: of rows [first, end), and of all of them.
Validation validate_rows(Model& model, const Fetch& fetch, std::uint64_t first, std::uint64_t end,
                         const at::Device& device, std::uint64_t batch = 50);
Errors errors_of(const Validation& all);

// Reconstructs the first `frames` frames of trajectories [first, first + count), `batch` at a time.
Errors evaluate(const VideoModel& model, const dataset::SplitReader& reader, const DataShape& shape,
                std::uint64_t first, std::uint64_t count, bool has_clean, const at::Device& device,
                std::int64_t batch = 50);

// The mean of the frames of `train` (of its first 1,000 trajectories at most), [3, S, S] in units of 255.
Tensor mean_image(const dataset::SplitReader& train, const DataShape& shape, const at::Device& device);
// The errors of the mean image of `train` (of its first 1,000 trajectories at most) on all of `test`: what a
// model has to beat. For frames as trained, whose size may differ from the stored ones' and the manifest's
// yardsticks.
Errors mean_image_errors(const dataset::SplitReader& train, const dataset::SplitReader& test,
                         const DataShape& shape, bool has_clean, const at::Device& device);
// Likewise of `count` sequences that `fetch` gives batch by batch; `mean`: [3, S, S].
Errors mean_image_errors(const Tensor& mean, const Fetch& fetch, std::uint64_t count,
                         const at::Device& device);

}  // namespace hamgen::model
