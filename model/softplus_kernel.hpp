// Elementwise parts of softplus networks, each in one pass over memory.
#pragma once

#include "model/torch.hpp"

namespace hamgen::model {

// log(1 + e^z), to the last digits everywhere (ATen's is cut off above 20).
Tensor softplus_of(const Tensor& z);

// z becomes sigmoid(z) = 1 / (1 + e^-z); `softplus`, if defined, log(1 + e^z). Both contiguous and of one
// shape. fp32 on the CPU: errors below 3e-7 of the value, or 1e-38.
void softplus_and_sigmoid(Tensor z, Tensor softplus);

// at_u becomes at_a s + at_u u (1 - s); without at_a where it is undefined. All contiguous and of one shape.
void pull_back_sigmoid(Tensor at_u, const Tensor& s, const Tensor& u, const Tensor& at_a);

}  // namespace hamgen::model
