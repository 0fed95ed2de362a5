#include "model/dynamics/leapfrog.hpp"

#include "model/base/kept.hpp"
#include "model/dynamics/leapfrog_steps.hpp"

namespace hamgen::model {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct FlowNode : public torch::autograd::Function<FlowNode> {
  using State = std::vector<LeapfrogSteps>;

  static variable_list forward(AutogradContext* context, const Tensor& q, const Tensor& p,
                               at::TensorList /*weights*/, const std::vector<SeparableWeights>& hamiltonians,
                               std::int64_t steps, double dt) {
    State all;
    PhaseSpace state{q, p};
    for (const SeparableWeights& one : hamiltonians)
      state = all.emplace_back(one, dt, Memory::stored).forward(std::move(state), steps);
    keep(*context, std::move(all));
    return {state.q, state.p};
  }

  static variable_list backward(AutogradContext* context, const variable_list& cotangents) {
    const at::NoGradGuard no_grad;
    const auto& all = kept<State>(*context);
    PhaseSpace c{cotangents[0], cotangents[1]};
    std::vector<Weights> of_weights(all.size());
    for (std::size_t i = all.size(); i-- > 0;) of_weights[i] = all[i].backward(c);
    variable_list result{c.q, c.p};
    for (const Weights& list : of_weights) result.insert(result.end(), list.begin(), list.end());
    result.resize(result.size() + 3);  // no gradient of the last three arguments
    return result;
  }
};

// Rows (q, p), and back.
PhaseSpace halves_of(const Tensor& rows) {
  const std::int64_t d = rows.size(-1) / 2;
  return {rows.narrow(-1, 0, d), rows.narrow(-1, d, d)};
}

struct RolloutNode : public torch::autograd::Function<RolloutNode> {
  struct State {
    LeapfrogSteps leapfrog;
    LeapfrogPlan plan;
  };

  static Tensor forward(AutogradContext* context, const Tensor& start, at::TensorList /*weights*/,
                        const SeparableWeights& hamiltonian, const LeapfrogPlan& plan) {
    LeapfrogSteps leapfrog(hamiltonian, plan.dt, plan.memory);
    Tensor states = at::empty({start.size(0), plan.frames, start.size(1)}, start.options());
    const auto put = [&](std::int64_t frame, const PhaseSpace& state) {
      const PhaseSpace place = halves_of(states.select(1, frame));
      place.q.copy_(state.q);
      place.p.copy_(state.p);
    };
    put(0, halves_of(start));
    leapfrog.forward(halves_of(start), plan.steps * (plan.frames - 1),
                     [&](std::int64_t i, const PhaseSpace& state) {
                       if (i % plan.steps == 0) put(i / plan.steps, state);
                     });
    keep(*context, State{std::move(leapfrog), plan});
    return states;
  }

  static variable_list backward(AutogradContext* context, const variable_list& cotangents) {
    const at::NoGradGuard no_grad;
    const auto& [leapfrog, plan] = kept<State>(*context);
    const auto of_frame = [&](std::int64_t frame) { return halves_of(cotangents[0].select(1, frame)); };
    PhaseSpace c = of_frame(plan.frames - 1);
    const std::int64_t steps = plan.steps;
    const Weights of_weights = leapfrog.backward(c, [&](std::int64_t i, PhaseSpace& at_state) {
      if (i % steps != 0) return;
      const PhaseSpace more = of_frame(i / steps);
      at_state = {at_state.q + more.q, at_state.p + more.p};
    });
    variable_list result{at::cat({c.q, c.p}, 1)};
    result.insert(result.end(), of_weights.begin(), of_weights.end());
    result.resize(result.size() + 2);  // no gradient of the last two arguments
    return result;
  }
};

Weights weights_of(const SeparableWeights& hamiltonian) {
  Weights weights = hamiltonian.potential;
  weights.insert(weights.end(), hamiltonian.kinetic.begin(), hamiltonian.kinetic.end());
  return weights;
}

}  // namespace

PhaseSpace leapfrog_flow(const std::vector<SeparableWeights>& hamiltonians, const PhaseSpace& start,
                         std::int64_t steps, double dt) {
  Weights weights;
  for (const SeparableWeights& hamiltonian : hamiltonians)
    for (const Tensor& weight : weights_of(hamiltonian)) weights.push_back(weight);
  const variable_list end =
      FlowNode::apply(start.q, start.p, at::TensorList(weights), hamiltonians, steps, dt);
  return {end[0], end[1]};
}

Tensor leapfrog_rollout(const SeparableWeights& hamiltonian, const Tensor& start, const LeapfrogPlan& plan) {
  const Weights weights = weights_of(hamiltonian);
  return RolloutNode::apply(start, at::TensorList(weights), hamiltonian, plan);
}

}  // namespace hamgen::model
