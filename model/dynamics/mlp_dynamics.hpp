// Laws of motion from one dense network of (q, p): a Hamiltonian, and a field that has none.
#pragma once

#include <vector>

#include "model/dynamics/hamiltonian.hpp"
#include "model/networks/mlp.hpp"

namespace hamgen::model {

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
