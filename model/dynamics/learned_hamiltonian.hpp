// The Hamiltonian that HGN learns, of states that are latent images.
//
//   separable   H = V(q) + K(p)         natural   H = V(q) + p.p / 2         joint   H(q, p), one network
//
// Source: sec. 3.2 and A.1; "natural" takes eq. 25 at its word.
#pragma once

#include <vector>

#include "model/dynamics/hamiltonian.hpp"
#include "model/dynamics/separable_weights.hpp"
#include "model/networks/scalar_net.hpp"

namespace hamgen::model {

class LearnedHamiltonianImpl : public torch::nn::Module, public Hamiltonian {
 public:
  static std::vector<schemas::Field> fields();

  LearnedHamiltonianImpl(const schemas::Settings& settings, const LatentShape& q, Initializer& initializer);
  bool is_separable() const override { return form_ != Form::joint; }
  Tensor energy(const Tensor& q, const Tensor& p) const override;
  Tensor dH_dq(const Tensor& q, const Tensor& p) const override;
  Tensor dH_dp(const Tensor& q, const Tensor& p) const override;

  // For leapfrog.hpp; not of the joint form. The networks say how states become rows.
  SeparableWeights separable_weights() const;
  const ScalarNet& potential() const { return potential_; }

 private:
  enum class Form { separable, natural, joint };
  Form form_;
  ScalarNet potential_{nullptr}, kinetic_{nullptr}, joint_{nullptr};
};
TORCH_MODULE(LearnedHamiltonian);

}  // namespace hamgen::model
