#include "model/dynamics/rollout.hpp"

#include "model/base/row_parallel.hpp"
#include "model/dynamics/integrators.hpp"
#include "model/dynamics/leapfrog.hpp"
#include "model/dynamics/learned_hamiltonian.hpp"

namespace hamgen::model {
namespace {

constexpr std::int64_t fewest = 4;  // sequences that are worth a thread

PhaseSpace stacked(const std::vector<PhaseSpace>& states) {
  std::vector<Tensor> q, p;
  for (const PhaseSpace& state : states) {
    q.push_back(state.q);
    p.push_back(state.p);
  }
  return {at::stack(q, 1), at::stack(p, 1)};
}

}  // namespace

std::vector<PhaseSpace> rollout(const std::string& stepper, const Dynamics& dynamics, PhaseSpace start,
                                std::int64_t frames, StepperOptions options, std::int64_t substeps) {
  options.dt /= static_cast<double>(substeps);
  const auto advance = make_stepper(stepper, dynamics, options);
  std::vector<PhaseSpace> states{std::move(start)};
  while (static_cast<std::int64_t>(states.size()) < frames) {
    PhaseSpace state = states.back();
    for (std::int64_t i = 0; i < substeps; ++i) state = advance->step(state);
    states.push_back(std::move(state));
  }
  return states;
}

bool is_written_out(const std::string& method, const Dynamics& dynamics) {
  const auto* const learned = dynamic_cast<const LearnedHamiltonianImpl*>(&dynamics);
  return method == "leapfrog" && learned != nullptr && learned->is_separable();
}

PhaseSpace stacked_rollout(const Dynamics& dynamics, const PhaseSpace& start, std::int64_t frames,
                           const RolloutPlan& plan, const std::vector<Tensor>& parameters) {
  if (!is_written_out(plan.method, dynamics))
    return stacked(rollout(plan.method, dynamics, start, frames, plan.options, plan.substeps));
  const auto& learned = dynamic_cast<const LearnedHamiltonianImpl&>(dynamics);
  const ScalarNet& network = learned.potential();
  const SeparableWeights weights = learned.separable_weights();
  const LeapfrogPlan leapfrog{.frames = frames,
                              .steps = plan.substeps,
                              .dt = plan.options.dt / static_cast<double>(plan.substeps),
                              .memory = plan.memory};
  const auto f = [&](const Tensor& rows) {  // [b, 2 d] -> [b, frames, 2 d]
    return leapfrog_rollout(weights, rows, leapfrog);
  };
  const Tensor rows = at::cat({network->to_rows(start.q), network->to_rows(start.p)}, 1);
  const auto halves = over_rows(f, rows, parameters, fewest).chunk(2, 2);
  const std::vector<std::int64_t> front{start.q.size(0), frames};
  return {network->from_rows(halves[0], front), network->from_rows(halves[1], front)};
}

}  // namespace hamgen::model
