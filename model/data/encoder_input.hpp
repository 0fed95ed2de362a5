// Stored frames -> what an encoder takes: bytes become pixel values of mean 0 and deviation 1, stacked with
// the channels last. One pass over the bytes on the CPU, where a step of training would spend as long on a
// chain of tensor operations as on the convolutions behind it.
#pragma once

#include <cstdint>
#include <vector>

#include "model/base/torch.hpp"

namespace hamgen::model {

// The train split's mean and standard deviation of each colour, [3, 1, 1], in units of 255.
struct PixelStatistics {
  Tensor mean, deviation;
  Tensor normalised(const Tensor& pixels) const { return (pixels - mean) / deviation; }
};

constexpr std::int64_t blank_frame = -1;  // of the mean colour

// The `shown` of the frames, u8 [..., H, W, 3], counted over all leading dimensions, `context` of them for
// each sequence: [shown / context, context, 3, size, size] of the given type, averaged down from H = W to
// size.
Tensor encoder_input(const Tensor& frames, const std::vector<std::int64_t>& shown, std::int64_t context,
                     std::int64_t size, const PixelStatistics& statistics, at::ScalarType type);

}  // namespace hamgen::model
