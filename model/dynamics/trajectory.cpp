#include "model/dynamics/trajectory.hpp"

#include "model/base/row_parallel.hpp"

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

bool is_written_out(const std::string& method, const Dynamics& dynamics) {
  const auto* const learned = dynamic_cast<const LearnedHamiltonianImpl*>(&dynamics);
  return method == "leapfrog" && learned != nullptr && learned->is_separable();
}

PhaseSpace trajectory(const Dynamics& dynamics, const PhaseSpace& start, std::int64_t frames,
                      const TrajectoryPlan& plan, const std::vector<Tensor>& parameters) {
  if (!is_written_out(plan.method, dynamics))
    return stacked(roll_out(plan.method, dynamics, start, frames, plan.options, plan.substeps));
  const auto& learned = dynamic_cast<const LearnedHamiltonianImpl&>(dynamics);
  const ScalarNet& network = learned.potential();
  const ChainLink link = learned.link();
  const RollOutPlan steps{frames, plan.substeps, plan.options.dt / static_cast<double>(plan.substeps),
                          plan.memory};
  const auto f = [&](const Tensor& rows) {  // [b, 2 d] -> [b, frames, 2 d]
    return leapfrog_roll_out(link, rows, steps);
  };
  const Tensor rows = at::cat({network->to_rows(start.q), network->to_rows(start.p)}, 1);
  const auto halves = over_rows(f, rows, parameters, fewest).chunk(2, 2);
  const std::vector<std::int64_t> front{start.q.size(0), frames};
  return {network->from_rows(halves[0], front), network->from_rows(halves[1], front)};
}

}  // namespace hamgen::model
