// Dense layers with ReLU between them: one node of the graph for fp32 on the CPU, as small networks cost less
// than automatic differentiation's bookkeeping around them.
#pragma once

#include "model/kernels/row_layer.hpp"

namespace hamgen::model {

// x [B, inputs] through W_1, b_1, ..., W_L, b_L -> [B, outputs]; differentiable once, in x and the weights.
Tensor relu_mlp(const Weights& weights, const Tensor& x);

}  // namespace hamgen::model
