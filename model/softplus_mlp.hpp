// A smooth function of a few coordinates, f: R^d -> R, and its gradient: the potential or kinetic energy of a
// Hamiltonian flow (Toth et al. 2020, A.2). With a_0 = x, z_l = W_l a_{l-1} + b_l, a_l = softplus(z_l):
//
//   f = w . a_L,   grad f = W_1^T u_1   with   u_L = w s_L,  u_l = (W_{l+1}^T u_{l+1}) s_l,  s_l =
//   sigmoid(z_l)
//
// A flow is trained through these gradients, so their own derivatives are written out: automatic
// differentiation would build a second graph of the first one, of many small operations. With c the cotangent
// of grad f, v_0 = c:
//
//   t_l = W_l v_{l-1},  v_l = t_l s_l;       then backward  dz_l = da_l s_l + t_l u_l (1 - s_l),  da_{l-1} =
//   W_l^T dz_l dW_l = u_l v_{l-1}^T + dz_l a_{l-1}^T,   db_l = dz_l,   dw = v_L,   dx = da_0
#pragma once

#include "model/layers.hpp"

namespace hamgen::model {

// The weights of a network as a flat list W_1, b_1, ..., W_L, b_L, w, and what an evaluation of grad f leaves
// for its derivative, [B, units] of each hidden layer.
using Weights = std::vector<Tensor>;
struct Trace {
  Tensor x;
  std::vector<Tensor> a, s, u;  // a: none of the last layer
};
// grad f at x; nothing is recorded.
Tensor mlp_gradient(const Weights& weights, const Tensor& x, Trace& trace);
// What the cotangent c of grad f means for x; what it means for the weights is added to `sums`.
Tensor pull_back_gradient(const Weights& weights, const Trace& trace, const Tensor& c, Weights& sums);

class SoftplusMlpImpl : public torch::nn::Module {
 public:
  // Layers [inputs, hidden..., 1], the last without a bias: an energy's constant means nothing.
  SoftplusMlpImpl(std::int64_t inputs, const std::vector<std::int64_t>& hidden, double gain,
                  Initializer& initializer);
  Tensor value(const Tensor& x) const;  // [B, inputs] -> [B]
  // [B, inputs] -> [B, inputs]; differentiable once, in x and in the weights.
  Tensor gradient(const Tensor& x) const;
  Weights weights() const;

 private:
  std::vector<Dense> layers_;
};
TORCH_MODULE(SoftplusMlp);

}  // namespace hamgen::model
