// What moves a state: any law of motion, and the ones that come from a Hamiltonian. H(q, p) -> energy, one
// per sequence, and its gradients: the interfaces that integrators use.
//
// q, p: [B, ...] of equal shapes, in the model's own units. Gradients are differentiable where autograd
// records. Source: sec. 3.1.
#pragma once

#include <functional>

#include "model/base/torch.hpp"

namespace hamgen::model {

struct PhaseSpace {
  Tensor q, p;
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

}  // namespace hamgen::model
