#include "model/dynamics/leapfrog_chain.hpp"

#include "model/base/kept.hpp"
#include "model/dynamics/leapfrog_link.hpp"

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

// Rows (q, p), and back.
PhaseSpace halves_of(const Tensor& rows) {
  const std::int64_t d = rows.size(-1) / 2;
  return {rows.narrow(-1, 0, d), rows.narrow(-1, d, d)};
}

struct RollOut : public torch::autograd::Function<RollOut> {
  struct State {
    LeapfrogLink link;
    RollOutPlan plan;
  };

  static Tensor forward(AutogradContext* context, const Tensor& start, at::TensorList /*weights*/,
                        const ChainLink& weights, const RollOutPlan& plan) {
    LeapfrogLink link(weights, plan.dt, plan.memory);
    Tensor states = at::empty({start.size(0), plan.frames, start.size(1)}, start.options());
    const auto put = [&](std::int64_t frame, const PhaseSpace& state) {
      const PhaseSpace place = halves_of(states.select(1, frame));
      place.q.copy_(state.q);
      place.p.copy_(state.p);
    };
    put(0, halves_of(start));
    link.forward(halves_of(start), plan.steps * (plan.frames - 1),
                 [&](std::int64_t i, const PhaseSpace& state) {
                   if (i % plan.steps == 0) put(i / plan.steps, state);
                 });
    keep(*context, State{std::move(link), plan});
    return states;
  }

  static variable_list backward(AutogradContext* context, const variable_list& cotangents) {
    const at::NoGradGuard no_grad;
    const auto& [link, plan] = kept<State>(*context);
    const auto of_frame = [&](std::int64_t frame) { return halves_of(cotangents[0].select(1, frame)); };
    PhaseSpace c = of_frame(plan.frames - 1);
    const std::int64_t steps = plan.steps;
    const Weights of_weights = link.backward(c, [&](std::int64_t i, PhaseSpace& at_state) {
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

Tensor leapfrog_roll_out(const ChainLink& link, const Tensor& start, const RollOutPlan& plan) {
  const Weights weights = weights_of(link);
  return RollOut::apply(start, at::TensorList(weights), link, plan);
}

}  // namespace hamgen::model
