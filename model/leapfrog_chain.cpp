#include "model/leapfrog_chain.hpp"

#include "model/kept.hpp"
#include "model/leapfrog_link.hpp"

namespace hamgen::model {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct Chain : public torch::autograd::Function<Chain> {
  using State = std::vector<LeapfrogLink>;

  static variable_list forward(AutogradContext* context, const Tensor& q, const Tensor& p,
                               at::TensorList /*weights*/, const std::vector<ChainLink>& weights,
                               std::int64_t steps, double dt) {
    State links;
    PhaseSpace state{q, p};
    for (const ChainLink& one : weights)
      state = links.emplace_back(one, dt, Memory::stored).forward(std::move(state), steps);
    keep(*context, std::move(links));
    return {state.q, state.p};
  }

  static variable_list backward(AutogradContext* context, const variable_list& cotangents) {
    const at::NoGradGuard no_grad;
    const auto& links = kept<State>(*context);
    PhaseSpace c{cotangents[0], cotangents[1]};
    std::vector<Weights> of_weights(links.size());
    for (std::size_t i = links.size(); i-- > 0;) of_weights[i] = links[i].backward(c);
    variable_list result{c.q, c.p};
    for (const Weights& list : of_weights) result.insert(result.end(), list.begin(), list.end());
    result.resize(result.size() + 3);  // no gradient of the last three arguments
    return result;
  }
};

struct RollOut : public torch::autograd::Function<RollOut> {
  struct State {
    LeapfrogLink link;
    RollOutPlan plan;
  };

  static variable_list forward(AutogradContext* context, const Tensor& q, const Tensor& p,
                               at::TensorList /*weights*/, const ChainLink& weights,
                               const RollOutPlan& plan) {
    LeapfrogLink link(weights, plan.dt, plan.memory);
    std::vector<Tensor> qs{q}, ps{p};
    link.forward({q, p}, plan.steps * (plan.frames - 1), [&](std::int64_t i, const PhaseSpace& state) {
      if (i % plan.steps != 0) return;
      qs.push_back(state.q);
      ps.push_back(state.p);
    });
    keep(*context, State{std::move(link), plan});
    return {at::stack(qs, 1), at::stack(ps, 1)};
  }

  static variable_list backward(AutogradContext* context, const variable_list& cotangents) {
    const at::NoGradGuard no_grad;
    const auto& [link, plan] = kept<State>(*context);
    PhaseSpace c{cotangents[0].select(1, plan.frames - 1), cotangents[1].select(1, plan.frames - 1)};
    const std::int64_t steps = plan.steps;
    const Weights of_weights = link.backward(c, [&](std::int64_t i, PhaseSpace& at_state) {
      if (i % steps != 0) return;
      at_state.q = at_state.q + cotangents[0].select(1, i / steps);
      at_state.p = at_state.p + cotangents[1].select(1, i / steps);
    });
    variable_list result{c.q, c.p};
    result.insert(result.end(), of_weights.begin(), of_weights.end());
    result.resize(result.size() + 2);  // no gradient of the last two arguments
    return result;
  }
};

Weights weights_of(const ChainLink& link) {
  Weights weights = link.potential;
  weights.insert(weights.end(), link.kinetic.begin(), link.kinetic.end());
  return weights;
}

}  // namespace

Memory memory_named(const std::string& name) {
  const auto found = std::ranges::find(memory_names, name);
  if (found == memory_names.end()) throw std::logic_error("no memory is called " + name);
  return static_cast<Memory>(found - memory_names.begin());
}

PhaseSpace leapfrog_chain(const std::vector<ChainLink>& links, const PhaseSpace& start, std::int64_t steps,
                          double dt) {
  Weights weights;
  for (const ChainLink& link : links)
    for (const Tensor& weight : weights_of(link)) weights.push_back(weight);
  const variable_list end = Chain::apply(start.q, start.p, at::TensorList(weights), links, steps, dt);
  return {end[0], end[1]};
}

PhaseSpace leapfrog_roll_out(const ChainLink& link, const PhaseSpace& start, const RollOutPlan& plan) {
  const Weights weights = weights_of(link);
  const variable_list states = RollOut::apply(start.q, start.p, at::TensorList(weights), link, plan);
  return {states[0], states[1]};
}

}  // namespace hamgen::model
