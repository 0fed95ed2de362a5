// Dense networks with orthogonal initial weights, as Hamiltonian Neural Networks are built of (Greydanus,
// Dzamba, Yosinski 2019, arXiv:1906.01563).
#pragma once

#include "model/networks/layers.hpp"

namespace hamgen::model {

struct MlpShape {
  std::int64_t inputs = 0;
  std::vector<std::int64_t> hidden;
  std::int64_t outputs = 1;
  Activation activation = Activation::tanh;
  bool is_residual = false;     // hidden layers of equal width add their input
  bool has_output_bias = true;  // an energy's constant means nothing
};

// [..., inputs] -> [..., outputs].
class MlpImpl : public torch::nn::Module {
 public:
  MlpImpl(const MlpShape& shape, Initializer& initializer);
  Tensor forward(const Tensor& x) const;
  std::string output_layer() const { return std::to_string(layers_.size() - 1); }

 private:
  std::vector<Dense> layers_;
  MlpShape shape_;
};
TORCH_MODULE(Mlp);

}  // namespace hamgen::model
