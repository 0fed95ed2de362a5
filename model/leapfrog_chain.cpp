#include "model/leapfrog_chain.hpp"

#include <optional>

#include "model/kept.hpp"

namespace hamgen::model {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// The networks of a link, and all that its backward pass needs: of V at the start and after each step, of K
// in each step. Without a kinetic network K = p.p / 2.
struct Link {
  explicit Link(const ChainLink& weights)
      : potential(laid_out(weights.potential)),
        kinetic(weights.kinetic.empty() ? std::nullopt : std::optional(laid_out(weights.kinetic))) {}

  SoftplusLayers potential;
  std::optional<SoftplusLayers> kinetic;
  std::vector<Trace> of_potential, of_kinetic;
};

PhaseSpace forward_link(Link& link, const PhaseSpace& start, std::int64_t steps, double dt) {
  auto [q, p] = start;
  const auto dV_dq = [&] { return mlp_gradient(link.potential, q, link.of_potential.emplace_back()); };
  Tensor kick = dV_dq();
  for (std::int64_t i = 0; i < steps; ++i) {
    p = at::add(p, kick, i == 0 ? -dt / 2 : -dt);
    q = at::add(q, link.kinetic ? mlp_gradient(*link.kinetic, p, link.of_kinetic.emplace_back()) : p, dt);
    kick = dV_dq();
  }
  return {q, at::add(p, kick, -dt / 2)};
}

// The cotangents of the end become those of the start; returned are those of the weights.
variable_list backward_link(const Link& link, double dt, PhaseSpace& c) {
  SoftplusSums of_potential(link.potential);
  std::optional<SoftplusSums> of_kinetic;
  if (link.kinetic) of_kinetic.emplace(*link.kinetic);
  const auto kick = [&](std::size_t i, double weight) {
    c.q = c.q + pull_back_gradient(link.potential, link.of_potential[i], c.p * weight, of_potential);
  };
  const std::size_t steps = link.of_potential.size() - 1;
  for (std::size_t i = steps; i-- > 0;) {
    kick(i + 1, i + 1 == steps ? -dt / 2 : -dt);
    const Tensor drift = c.q * dt;
    c.p = c.p +
          (of_kinetic ? pull_back_gradient(*link.kinetic, link.of_kinetic[i], drift, *of_kinetic) : drift);
  }
  kick(0, -dt / 2);
  variable_list sums = of_potential.flat();
  if (of_kinetic)
    for (const Tensor& sum : of_kinetic->flat()) sums.push_back(sum);
  return sums;
}

struct Chain : public torch::autograd::Function<Chain> {
  struct State {
    std::vector<Link> links;
    double dt;
  };

  static variable_list forward(AutogradContext* context, const Tensor& q, const Tensor& p,
                               at::TensorList /*weights*/, const std::vector<ChainLink>& weights,
                               std::int64_t steps, double dt) {
    State state{{}, dt};
    PhaseSpace at_end{q, p};
    for (const ChainLink& one : weights)
      at_end = forward_link(state.links.emplace_back(one), at_end, steps, dt);
    keep(*context, std::move(state));
    return {at_end.q, at_end.p};
  }

  static variable_list backward(AutogradContext* context, const variable_list& cotangents) {
    const at::NoGradGuard no_grad;
    const auto& state = kept<State>(*context);
    PhaseSpace c{cotangents[0], cotangents[1]};
    std::vector<variable_list> of_weights(state.links.size());
    for (std::size_t i = state.links.size(); i-- > 0;)
      of_weights[i] = backward_link(state.links[i], state.dt, c);
    variable_list result{c.q, c.p};
    for (const variable_list& list : of_weights) result.insert(result.end(), list.begin(), list.end());
    result.resize(result.size() + 3);  // no gradient of the last three arguments
    return result;
  }
};

}  // namespace

PhaseSpace leapfrog_chain(const std::vector<ChainLink>& links, const PhaseSpace& start, std::int64_t steps,
                          double dt) {
  Weights weights;
  for (const ChainLink& link : links)
    for (const Weights* list : {&link.potential, &link.kinetic})
      weights.insert(weights.end(), list->begin(), list->end());
  const variable_list end = Chain::apply(start.q, start.p, at::TensorList(weights), links, steps, dt);
  return {end[0], end[1]};
}

}  // namespace hamgen::model
