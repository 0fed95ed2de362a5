// H(q, p) -> energy, one per sequence, and its gradients: the interface that integrators use, and the learned
// one.
//
//   separable   H = V(q) + K(p)         natural   H = V(q) + p.p / 2         joint   H(q, p), one network
//
// q, p: [B, ...] of equal shapes, in the model's own units. Gradients are differentiable where autograd
// records. Source: sec. 3.1, 3.2 and A.1; "natural" takes eq. 25 at its word.
#pragma once

#include <functional>

#include "model/layers.hpp"
#include "schemas/field.hpp"

namespace hamgen::model {

struct PhaseSpace {
  Tensor q, p;
};

// The gradient of f(x).sum() with respect to x.
Tensor gradient(const std::function<Tensor(const Tensor&)>& f, const Tensor& x);

class Hamiltonian {
 public:
  virtual ~Hamiltonian() = default;
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

 private:
  std::vector<Conv> convolutions_;  // of one of the two kinds
  std::vector<Dense> dense_;
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

 private:
  enum class Form { separable, natural, joint };
  Form form_;
  ScalarNet potential_{nullptr}, kinetic_{nullptr}, joint_{nullptr};
};
TORCH_MODULE(LearnedHamiltonian);

}  // namespace hamgen::model
