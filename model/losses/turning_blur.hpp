// What noise that turns pictures about a point makes of them on average: each pixel the mean over an arc.
#pragma once

#include <array>

#include "model/base/torch.hpp"

namespace hamgen::model {

// Pictures of size x size pixels, seen as columns, are multiplied by it: a sparse matrix [size^2, size^2], fp32, whose rows sum
// to 1. The pivot is in pixels from the left and the upper edge, the angle's standard deviation in radian. Between pixels a
// picture is what Lanczos's kernel of three pixels makes of it, so that little but the turning blurs it; beyond its edges the
// border goes on.
Tensor turning_blur(std::int64_t size, const std::array<double, 2>& pivot, double deviation);

}  // namespace hamgen::model
