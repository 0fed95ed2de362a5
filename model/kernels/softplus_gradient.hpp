// The gradient of a softplus network f: R^d -> R and the derivative of that gradient, written out; W_l stands
// for a matrix or a convolution. With a_0 = x, z_l = W_l a_{l-1} + b_l, a_l = softplus(z_l),
// s_l = sigmoid(z_l):
//
//   f = w . a_L,   grad f = W_1^T u_1   with   u_L = w s_L,  u_l = (W_{l+1}^T u_{l+1}) s_l
//
// Hamiltonian flows are trained through grad f: automatic differentiation would build a second graph of the
// first one, of many small operations. With c the cotangent of grad f and v_0 = c:
//
//   t_l = W_l v_{l-1},  v_l = t_l s_l;   then backward
//   dz_l = da_l s_l + t_l u_l (1 - s_l),   da_{l-1} = W_l^T dz_l,
//   dW_l = u_l v_{l-1}^T + dz_l a_{l-1}^T,   db_l = dz_l,   dw = v_L,   dx = da_0
//
// fp32 on the CPU goes through kernels of our own, by blocks of rows that stay in the cache
// (softplus_rows.cpp), all else through LibTorch. Nothing here is recorded for automatic differentiation.
#pragma once

#include <vector>

#include "model/kernels/row_layer.hpp"

namespace hamgen::model {

// A network of dense layers, or of convolutions and a last one of one pixel and one filter, summed over
// space: its hidden layers, and w, times the energy's scale.
struct SoftplusLayers {
  std::vector<RowLayer> hidden;
  Tensor last;  // [filters]
  double scale = 1;
  bool is_convolutional = false;
};
// What is needed to lay out a flat list of weights W_1, b_1, ..., W_L, b_L, w: of convolutions also their
// strides and the images' size.
struct SoftplusShape {
  double scale = 1;
  std::vector<std::int64_t> strides = {};
  std::int64_t size = 1;
};
SoftplusLayers laid_out(const Weights& weights, const SoftplusShape& shape = {});

// Sums of the weights' cotangents.
struct SoftplusSums {
  explicit SoftplusSums(const SoftplusLayers& layers);  // zero
  Weights flat() const;                                 // in the order and shapes of the weights
  std::vector<LayerSums> hidden;
  Tensor last;
  double scale;
  bool is_convolutional;
};

// What an evaluation of grad f leaves for its derivative, [B, outputs] of each hidden layer.
struct Trace {
  Tensor x;
  std::vector<Tensor> a, s, u;  // a: none of the last layer
};

// grad f at x, [B, d]: rows as row_layer.hpp has them.
Tensor mlp_gradient(const SoftplusLayers& layers, const Tensor& x, Trace& trace);
// What the cotangent c [B, d] of grad f means for x; what it means for the weights is added to `sums`.
Tensor pull_back_gradient(const SoftplusLayers& layers, const Trace& trace, const Tensor& c,
                          SoftplusSums& sums);

// log(1 + e^z), to the last digits everywhere (ATen's is cut off above 20).
Tensor softplus_of(const Tensor& z);

// The same two for fp32 on the CPU, on the thread that calls. `trace` has its tensors, to be filled.
Tensor gradient_by_rows(const SoftplusLayers& layers, Trace& trace);
Tensor pull_back_by_rows(const SoftplusLayers& layers, const Trace& trace, const Tensor& c,
                         SoftplusSums& sums);

}  // namespace hamgen::model
