// What moves a state: any law of motion, and the ones that come from a Hamiltonian. H(q, p) -> energy, one
// per sequence, and its gradients: the interfaces that integrators use, and the learned Hamiltonian.
//
//   separable   H = V(q) + K(p)         natural   H = V(q) + p.p / 2         joint   H(q, p), one network
//
// q, p: [B, ...] of equal shapes, in the model's own units. Gradients are differentiable where autograd
// records. Source: sec. 3.1, 3.2 and A.1; "natural" takes eq. 25 at its word.
#pragma once

#include <functional>

#include "model/kernels/softplus_gradient.hpp"
#include "model/networks/layers.hpp"
#include "schemas/field.hpp"

namespace hamgen::model {

struct PhaseSpace {
  Tensor q, p;
};

// H = V(q) + K(p) of two softplus networks of one shape. No kinetic weights: K = p.p / 2.
struct ChainLink {
  Weights potential, kinetic;
  SoftplusShape shape = {};
};

// The gradient of f(x).sum() with respect to x.
Tensor gradient(const std::function<Tensor(const Tensor&)>& f, const Tensor& x);

// dq/dt and dp/dt of a state.
class Dynamics {
 public:
  virtual ~Dynamics() = default;
  virtual PhaseSpace rate(const PhaseSpace& state) const = 0;
};

// dq/dt = dH/dp, dp/dt = -dH/dq (eq. 3).
class Hamiltonian : public Dynamics {
 public:
  PhaseSpace rate(const PhaseSpace& state) const override;
  // H = V(q) + K(p): then dH_dq does not look at p, nor dH_dp at q.
  virtual bool is_separable() const = 0;
  virtual Tensor energy(const Tensor& q, const Tensor& p) const = 0;  // [B]
  virtual Tensor dH_dq(const Tensor& q, const Tensor& p) const;
  virtual Tensor dH_dp(const Tensor& q, const Tensor& p) const;
  // Both at once: {dH_dq, dH_dp}.
  virtual PhaseSpace gradients(const Tensor& q, const Tensor& p) const;
};

// A network [B, channels, 4, 4] -> [B] with softplus, whose second derivatives are smooth.
class ScalarNetImpl : public torch::nn::Module {
 public:
  ScalarNetImpl(const schemas::Settings& settings, std::int64_t channels, Initializer& initializer);
  Tensor forward(const Tensor& x) const;

  // As softplus_gradient.hpp sees it: weights without the last bias, of which no gradient knows, and states
  // as rows.
  Weights weights() const;
  SoftplusShape shape() const;
  Tensor to_rows(const Tensor& x) const;  // [B, channels, 4, 4] -> [B, d]
  Tensor from_rows(const Tensor& rows,
                   at::IntArrayRef front) const;  // [..., d] -> [front..., channels, 4, 4]

 private:
  std::vector<Conv> convolutions_;  // of one of the two kinds
  std::vector<Dense> dense_;
  std::vector<std::int64_t> strides_;  // of the convolutions
  double scale_;
};
TORCH_MODULE(ScalarNet);

class LearnedHamiltonianImpl : public torch::nn::Module, public Hamiltonian {
 public:
  static std::vector<schemas::Field> fields();

  LearnedHamiltonianImpl(const schemas::Settings& settings, std::int64_t channels, Initializer& initializer);
  bool is_separable() const override { return form_ != Form::joint; }
  Tensor energy(const Tensor& q, const Tensor& p) const override;
  Tensor dH_dq(const Tensor& q, const Tensor& p) const override;
  Tensor dH_dp(const Tensor& q, const Tensor& p) const override;

  // For leapfrog_chain.hpp; not of the joint form. The networks say how states become rows.
  ChainLink link() const;
  const ScalarNet& potential() const { return potential_; }

 private:
  enum class Form { separable, natural, joint };
  Form form_;
  ScalarNet potential_{nullptr}, kinetic_{nullptr}, joint_{nullptr};
};
TORCH_MODULE(LearnedHamiltonian);

}  // namespace hamgen::model
