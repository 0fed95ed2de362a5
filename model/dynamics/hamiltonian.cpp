#include "model/dynamics/hamiltonian.hpp"

namespace hamgen::model {
namespace {

// Gradients of the sum of `value` with respect to `inputs`. A later backward pass goes through them only
// where `is_recorded`.
torch::autograd::variable_list gradients_of(const Tensor& value, const torch::autograd::variable_list& inputs,
                                            bool is_recorded) {
  return torch::autograd::grad({value.sum()}, inputs, {}, is_recorded, is_recorded);
}

// A new node that stands for x: with x's history where that is wanted. Not x itself, because what else H is
// given may depend on x (after a kick p depends on q), and the gradient is to be the partial one.
Tensor differentiable(const Tensor& x, bool is_recorded) {
  return is_recorded && x.requires_grad() ? x.view_as(x) : x.detach().requires_grad_();
}

}  // namespace

Tensor gradient(const std::function<Tensor(const Tensor&)>& f, const Tensor& x) {
  const bool is_recorded = at::GradMode::is_enabled();
  const at::AutoGradMode record(true);
  const Tensor at_x = differentiable(x, is_recorded);
  return gradients_of(f(at_x), {at_x}, is_recorded)[0];
}

PhaseSpace Hamiltonian::rate(const PhaseSpace& state) const {
  const PhaseSpace dH = gradients(state.q, state.p);
  return {dH.p, -dH.q};
}

Tensor Hamiltonian::dH_dq(const Tensor& q, const Tensor& p) const {
  return gradient([&](const Tensor& x) { return energy(x, p); }, q);
}

Tensor Hamiltonian::dH_dp(const Tensor& q, const Tensor& p) const {
  return gradient([&](const Tensor& x) { return energy(q, x); }, p);
}

PhaseSpace Hamiltonian::gradients(const Tensor& q, const Tensor& p) const {
  if (is_separable()) return {dH_dq(q, p), dH_dp(q, p)};
  const bool is_recorded = at::GradMode::is_enabled();
  const at::AutoGradMode record(true);
  const Tensor at_q = differentiable(q, is_recorded), at_p = differentiable(p, is_recorded);
  const auto both = gradients_of(energy(at_q, at_p), {at_q, at_p}, is_recorded);
  return {both[0], both[1]};
}

}  // namespace hamgen::model
