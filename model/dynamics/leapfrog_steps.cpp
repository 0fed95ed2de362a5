#include "model/dynamics/leapfrog_steps.hpp"

namespace hamgen::model {

LeapfrogSteps::LeapfrogSteps(const SeparableWeights& weights, double dt, Memory memory)
    : dt_(dt),
      memory_(memory),
      potential_(laid_out(weights.potential, weights.shape)),
      kinetic_(weights.kinetic.empty() ? std::nullopt
                                       : std::optional(laid_out(weights.kinetic, weights.shape))) {}

PhaseSpace LeapfrogSteps::forward(PhaseSpace state, std::int64_t steps, const Visit& visit) {
  auto [q, p] = state;
  const auto keep = [&](std::vector<Trace>& list, Trace& trace) {
    if (memory_ == Memory::stored) list.push_back(std::move(trace));
    if (memory_ == Memory::checkpointed) list.push_back({trace.x, {}, {}, {}});
  };
  Trace trace;
  Tensor kick = dV_dq(q, trace);
  keep(of_potential_, trace);
  for (std::int64_t i = 0; i < steps; ++i) {
    p = at::add(p, kick, -dt_ / 2);
    trace = {p, {}, {}, {}};
    q = at::add(q, drift(p, trace), dt_);
    keep(of_kinetic_, trace);
    kick = dV_dq(q, trace);
    keep(of_potential_, trace);
    p = at::add(p, kick, -dt_ / 2);
    if (visit) visit(i + 1, {q, p});
  }
  if (memory_ == Memory::reversible) {
    of_potential_.resize(static_cast<std::size_t>(steps) + 1);  // their number
    // Not the tensors that are returned: a node that kept its own results would never be freed.
    end_ = {q.detach(), p.detach()};
  }
  return {q, p};
}

// The traces, from the last one back.
class LeapfrogSteps::Recall {
 public:
  explicit Recall(const LeapfrogSteps& leapfrog) : leapfrog_(leapfrog), state_(leapfrog.end_) {}

  // Of V after i steps.
  const Trace& potential(std::size_t i) {
    if (leapfrog_.memory_ == Memory::stored) return leapfrog_.of_potential_[i];
    const bool steps_back = leapfrog_.memory_ == Memory::reversible;
    const Tensor kick = leapfrog_.dV_dq(steps_back ? state_.q : leapfrog_.of_potential_[i].x, trace_);
    if (!steps_back) return trace_;
    // The half step after the state that comes next begins with this kick, and so does the one that ends
    // here.
    if (is_half_) state_.p = at::add(state_.p, kick, leapfrog_.dt_ / 2);
    state_.p = at::add(state_.p, kick, leapfrog_.dt_ / 2);
    is_half_ = true;
    return trace_;
  }
  // Of K in step i, before which V after i + 1 steps was asked for.
  const Trace& kinetic(std::size_t i) {
    if (leapfrog_.memory_ == Memory::stored) return leapfrog_.of_kinetic_[i];
    const bool steps_back = leapfrog_.memory_ == Memory::reversible;
    const Tensor p = steps_back ? state_.p : leapfrog_.of_kinetic_[i].x;
    trace_ = {p, {}, {}, {}};
    const Tensor drift = leapfrog_.drift(p, trace_);
    if (steps_back) state_.q = at::add(state_.q, drift, -leapfrog_.dt_);
    return trace_;
  }

 private:
  const LeapfrogSteps& leapfrog_;
  PhaseSpace state_;      // reversible: after the steps that are still to be recalled
  bool is_half_ = false;  // its p belongs to the half step after it
  Trace trace_;
};

Weights LeapfrogSteps::backward(PhaseSpace& c, const Add& add) const {
  SoftplusSums of_potential(potential_);
  std::optional<SoftplusSums> of_kinetic;
  if (kinetic_) of_kinetic.emplace(*kinetic_);
  Recall recall(*this);
  const auto pull_back_kick = [&](std::size_t i, const Tensor& kick) {
    c.q = c.q + pull_back_gradient(potential_, recall.potential(i), kick, of_potential);
  };
  Tensor kick = c.p * (-dt_ / 2);
  const std::size_t steps = of_potential_.size() - 1;
  for (std::size_t i = steps; i-- > 0;) {
    pull_back_kick(i + 1, kick);
    const Tensor move = c.q * dt_;
    const Trace& trace = recall.kinetic(i);
    c.p = c.p + (kinetic_ ? pull_back_gradient(*kinetic_, trace, move, *of_kinetic) : move);
    kick = c.p * (-dt_ / 2);
    if (add) add(static_cast<std::int64_t>(i), c);
    if (i > 0) kick = at::add(kick, c.p, -dt_ / 2);
  }
  if (steps > 0) pull_back_kick(0, kick);
  Weights sums = of_potential.flat();
  if (of_kinetic)
    for (const Tensor& sum : of_kinetic->flat()) sums.push_back(sum);
  return sums;
}

}  // namespace hamgen::model
