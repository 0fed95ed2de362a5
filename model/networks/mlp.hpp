// Dense networks with orthogonal initial weights, as Hamiltonian Neural Networks are built of (Greydanus,
// Dzamba, Yosinski 2019, arXiv:1906.01563), and a Hamiltonian made of one.
#pragma once

#include "model/dynamics/hamiltonian.hpp"

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

 private:
  std::vector<Dense> layers_;
  MlpShape shape_;
};
TORCH_MODULE(Mlp);

// H(q, p) from one network of both; q, p: [B, D].
class MlpHamiltonianImpl : public torch::nn::Module, public Hamiltonian {
 public:
  MlpHamiltonianImpl(std::int64_t coordinates, const std::vector<std::int64_t>& hidden,
                     Initializer& initializer);
  bool is_separable() const override { return false; }
  Tensor energy(const Tensor& q, const Tensor& p) const override;

 private:
  Mlp network_{nullptr};
};
TORCH_MODULE(MlpHamiltonian);

// dq/dt and dp/dt from one network, of no Hamiltonian.
class MlpFieldImpl : public torch::nn::Module, public Dynamics {
 public:
  MlpFieldImpl(std::int64_t coordinates, const std::vector<std::int64_t>& hidden, Initializer& initializer);
  PhaseSpace rate(const PhaseSpace& state) const override;

 private:
  Mlp network_{nullptr};
};
TORCH_MODULE(MlpField);

}  // namespace hamgen::model
