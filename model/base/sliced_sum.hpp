// The mean of an error over rows, a slice of rows at a time: forward and backward through one slice before
// the next, so that only one slice's activations exist, and they stay in the cache. The backward pass through
// the mean itself only scales what is there.
#pragma once

#include <functional>

#include "model/base/torch.hpp"

namespace hamgen::model {

// Rows [begin, begin + x.size(0)) of the whole -> their error, [], which is summed over slices.
using SliceError = std::function<Tensor(const Tensor& x, std::int64_t begin)>;

// The sum of error(x of each slice), []: differentiable once, in x and in `parameters`, all that the error
// depends on and that wants a gradient. Without gradients recorded it is only summed.
Tensor sliced_sum(const SliceError& error, const Tensor& x, const std::vector<Tensor>& parameters,
                  std::int64_t slice);

}  // namespace hamgen::model
