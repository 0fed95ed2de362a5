// A smooth function of a few coordinates, f: R^d -> R, and its gradient: the potential or kinetic energy of a
// Hamiltonian flow (Toth et al. 2020, A.2).
#pragma once

#include "model/kernels/softplus_gradient.hpp"
#include "model/networks/layers.hpp"

namespace hamgen::model {

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
