// Tensors by name, and as plain numbers.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "model/base/torch.hpp"

namespace hamgen::model {

using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

// The elements of a tensor on any device, row by row.
std::vector<double> to_vector(const Tensor& values);

// The mean over an image's pixels of value times place, where places are in [-1, 1] along x and along y: first x of every
// colour, then y. [n, C, H, W] -> [n, 2 C]
Tensor centres_of_colour(const Tensor& images);
// The same of stored frames, u8 [n, H, W, 3], whose values become those in [0, 1]: fp32 [n, 6] on the same device. On the CPU sums
// of whole numbers, in one pass and without rounding.
Tensor centres_of_frames(const Tensor& frames);

}  // namespace hamgen::model
