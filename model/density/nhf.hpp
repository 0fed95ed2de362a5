// Neural Hamiltonian Flow: a density over points q through Hamiltonian dynamics (Toth et al. 2020, sec. 3.3
// and A.2). A state s_0 = (q_0, p_0) of a simple prior moves under learned Hamiltonians H_i = K_i(p) +
// V_i(q),
//
//   s_T = (H_T o ... o H_1)(s_0),     s_0 = (H_1^-dt o ... o H_T^-dt)(s_T),
//
// each by a few steps of a symplectic scheme, which is invertible and keeps volume for every dt (to the last
// bit: nhf.cpp, lattice_of). The point is q_T; p_T is a latent variable with the encoder
// f(p | q) = N(mu(q), sigma(q)). Trained by eq. 6:
//
//   log p(q_T) >= E_f[log pi(s_0) - log f(p_T | q_T)]
//
//   objective.kind = elbo   that bound; of several draws of p_T, the tighter one of their mean weight
//                           (Burda et al. 2016)
//                    geco   the entropy of f, under the constraint that states are as probable as prior draws,
//                           C = - E_f[log pi(s_0)] - (entropy of pi + tolerance per coordinate) <= 0: the
//                           multiplier of Rezende, Viola 2018, which A.2 mentions; with 1 it is the bound
#pragma once

#include "model/density/flow_prior.hpp"
#include "model/dynamics/integrators.hpp"
#include "model/dynamics/leapfrog.hpp"
#include "model/interfaces/density_model.hpp"
#include "model/losses/multiplier.hpp"
#include "model/networks/softplus_mlp.hpp"

namespace hamgen::model {

// One H_i = scale (K(p) + V(q)); K from a network, or p.p / 2. The scale is dt / dt_0 where dt is learned.
class FlowHamiltonianImpl : public torch::nn::Module, public Hamiltonian {
 public:
  FlowHamiltonianImpl(const schemas::Settings& settings, std::int64_t coordinates, Initializer& initializer);
  bool is_separable() const override { return true; }
  Tensor energy(const Tensor& q, const Tensor& p) const override { return potential(q) + kinetic(p); }
  Tensor potential(const Tensor& q) const;  // [B, d] -> [B]
  Tensor kinetic(const Tensor& p) const;
  Tensor dH_dq(const Tensor& q, const Tensor& p) const override;
  Tensor dH_dp(const Tensor& q, const Tensor& p) const override;
  bool has_own_dt() const { return log_scale_.defined(); }
  SeparableWeights separable_weights() const;  // without the scale

 private:
  Tensor scaled(const Tensor& x) const { return log_scale_.defined() ? log_scale_.exp() * x : x; }
  SoftplusMlp potential_{nullptr}, kinetic_{nullptr};
  Tensor log_scale_;
};
TORCH_MODULE(FlowHamiltonian);

// f(p | q) = N(mu(q), L L^T): L is sigma(q) on the diagonal and nothing else (A.2), or a whole lower
// triangle.
//
// A flow is symplectic: where it is linear over a Normal prior, p given q has the inverse covariance of q, so
// of correlated coordinates the diagonal cannot be right.
class MomentumEncoderImpl : public torch::nn::Module {
 public:
  MomentumEncoderImpl(const schemas::Settings& settings, std::int64_t coordinates, Initializer& initializer);
  // mu [B, d] and L [B, d, d].
  std::pair<Tensor, Tensor> forward(const Tensor& q) const;

 private:
  std::int64_t coordinates_;
  bool is_full_;
  std::vector<Dense> mean_, deviation_;
};
TORCH_MODULE(MomentumEncoder);

class Nhf : public DensityModel {
 public:
  static std::vector<schemas::Field> fields();
  Nhf(const schemas::Settings& settings, const DataShape& shape);

  bool has_latent() const override { return true; }
  Tensor log_weights(const Tensor& x, std::int64_t draws, at::Generator& generator) const override;
  Tensor sample(std::int64_t count, at::Generator& generator) const override;
  Tensor flow(const Tensor& base) const override;
  Tensor inverse(const Tensor& state) const override;
  Tensor draw_base(std::int64_t count, at::Generator& generator) const override;
  LossTerms loss(const Batch& batch, const StepContext& context) override;
  void after_step(const LossTerms& terms) override;

  // The log-density of states (q, p) at the flow's end, [B, 2 d] -> [B], in units of its own coordinates.
  Tensor log_joint(const Tensor& q, const Tensor& p) const;
  const std::vector<FlowHamiltonian>& hamiltonians() const { return hamiltonians_; }  // T, in order
  const Standardizer& standardizer() const { return standardizer_; }
  // All states on the way: s_0, then one after every step of every Hamiltonian (t = dt steps in all).
  std::vector<PhaseSpace> rollout(PhaseSpace start) const;

 private:
  struct Draw {
    Tensor log_prior, log_posterior;  // [B, draws]
  };
  Draw draw(const Tensor& x, std::int64_t draws, at::Generator& generator, const Share& share) const;
  double lattice_of(const Tensor& x) const;
  // Takes `state` through every step of the chain, in order; visit(state) after each.
  template <class Visit>
  void walk(const std::vector<FlowHamiltonian>& chain, const StepperOptions& options, PhaseSpace& state,
            const Visit& visit) const;
  PhaseSpace transport(PhaseSpace state, bool is_forward) const;
  Tensor transport_rows(const Tensor& states, bool is_forward) const;  // [B, 2 d]

  std::int64_t coordinates_, steps_, draws_;
  std::string method_;
  double dt_, tolerated_ = 0;
  FlowPrior prior_;
  Standardizer standardizer_{nullptr};
  std::vector<FlowHamiltonian> hamiltonians_;
  MomentumEncoder encoder_{nullptr};
  Multiplier multiplier_{nullptr};  // of objective.kind = geco
};

}  // namespace hamgen::model
