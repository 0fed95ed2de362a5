// A network from a latent image to one number: a potential, a kinetic energy, or a whole Hamiltonian (A.1).
#pragma once

#include <vector>

#include "model/kernels/softplus_gradient.hpp"
#include "model/networks/latent_shape.hpp"
#include "model/networks/layers.hpp"
#include "schemas/field.hpp"

namespace hamgen::model {

// A network [B, C, 4, 4] -> [B], or of vectors [B, C, 1, 1] -> [B], with softplus, whose second derivatives are smooth.
class ScalarNetImpl : public torch::nn::Module {
 public:
  ScalarNetImpl(const schemas::Settings& settings, const LatentShape& state, Initializer& initializer);
  Tensor forward(const Tensor& x) const;

  // As softplus_gradient.hpp sees it: weights without the last bias, of which no gradient knows, and states
  // as rows.
  Weights weights() const;
  SoftplusShape shape() const;
  Tensor to_rows(const Tensor& x) const;  // [B, C, S, S] -> [B, d]
  Tensor from_rows(const Tensor& rows,
                   at::IntArrayRef front) const;  // [..., d] -> [front..., C, S, S]

 private:
  const Tensor& last_weight() const;
  std::vector<Conv> convolutions_;  // of one of the two kinds
  std::vector<Dense> dense_;
  std::vector<std::int64_t> strides_;  // of the convolutions
  double scale_;
  std::int64_t size_;  // S
  bool has_readout_;   // a last linear layer; otherwise the last softplus units are summed
};
TORCH_MODULE(ScalarNet);

}  // namespace hamgen::model
