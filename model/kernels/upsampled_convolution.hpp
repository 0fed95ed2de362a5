// A 3x3 convolution of an image that was doubled by repeating its pixels, exactly, at 4/9 of the arithmetic:
// of the nine taps of an output pixel several fall on the same input pixel, so each of the four phases of
// output pixels (even and odd rows and columns) is a 2x2 convolution of the small image, with sums of the
// nine weights.
#pragma once

#include "model/base/torch.hpp"

namespace hamgen::model {

// conv2d(upsample_nearest(x, 2), weight, bias), padding 1. x [N, C, h, w], weight [F, C, 3, 3] -> [N, F, 2 h,
// 2 w].
Tensor upsampled_convolution(const Tensor& x, const Tensor& weight, const Tensor& bias);

}  // namespace hamgen::model
