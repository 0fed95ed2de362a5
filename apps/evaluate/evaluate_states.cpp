#include "apps/evaluate/evaluate_states.hpp"

#include <algorithm>
#include <cmath>

#include "apps/evaluate/true_motion.hpp"
#include "apps/evaluate/value_json.hpp"
#include "model/base/tensors.hpp"
#include "model/data/batches.hpp"
#include "model/interfaces/state_model.hpp"

namespace hamgen::apps {
namespace {

// The states of a split's first trajectories.
model::Batch states_of(const dataset::SplitReader& reader, std::uint64_t count) {
  return model::WindowReader(reader, model::Observation::states)
      .read(0, count, static_cast<std::int64_t>(reader.frames_per_trajectory()));
}

Json derivative_errors(const TrainedRun& run, const model::Batch& batch) {
  return interval_json(model::to_vector(run.network->validate(batch.to(run.device)).error));
}

// Of the true energy along rollouts from exact starts, in double precision. In small groups: the states of
// one share their steps, and a close encounter in one of them shortens all.
Json energy_errors(const TrainedRun& run, const EvaluationData& data, const model::Batch& batch,
                   const TrueMotion& motion, double dt) {
  const auto truth = data.test.numbers("energy", 0, static_cast<std::uint64_t>(batch.q.size(0)));
  constexpr std::int64_t group = 25;
  const at::NoGradGuard no_grad;
  const auto& model = dynamic_cast<const model::StateModel&>(*run.network);
  const InDouble in_double(*run.network);
  std::vector<double> squares;
  for (std::int64_t first = 0; first < batch.q.size(0); first += group) {
    const auto start = [&](const at::Tensor& values) {
      return values.slice(0, first, first + group).select(1, 0).to(run.device, at::kDouble);
    };
    const auto states = model.rollout({start(batch.q_exact), start(batch.p_exact)}, batch.q.size(1), dt);
    for (std::int64_t row = 0; row < states.front().q.size(0); ++row) {
      const auto energy = [&](const model::PhaseSpace& s) {
        return motion.energy(static_cast<std::uint64_t>(first + row), model::to_vector(s.q[row]),
                             model::to_vector(s.p[row]));
      };
      double sum = 0;
      for (std::size_t t = 0; t < states.size(); ++t)
        sum +=
            std::pow(energy(states[t]) - truth[static_cast<std::size_t>(first + row) * states.size() + t], 2);
      squares.push_back(sum / static_cast<double>(states.size()));
    }
  }
  return interval_json(squares);
}

// What the exact Hamiltonian scores at the observed states: noise in them is all that is wrong with it.
Json exact_law_errors(const model::Batch& batch, const TrueMotion& motion) {
  const at::Tensor truth = at::cat({batch.dq_dt, batch.dp_dt}, 2);
  std::vector<double> errors;
  for (std::int64_t i = 0; i < batch.q.size(0); ++i) {
    double sum = 0;
    for (std::int64_t t = 0; t < batch.q.size(1); ++t) {
      const auto rate = motion.rate(static_cast<std::uint64_t>(i), model::to_vector(batch.q[i][t]),
                                    model::to_vector(batch.p[i][t]));
      const auto exact = model::to_vector(truth[i][t]);
      for (std::size_t k = 0; k < rate.size(); ++k) sum += (rate[k] - exact[k]) * (rate[k] - exact[k]);
    }
    errors.push_back(sum / static_cast<double>(truth[i].numel()));
  }
  return interval_json(errors);
}

}  // namespace

Json evaluate_states(const TrainedRun& run, const EvaluationData& data, const EvaluationOptions& options) {
  const TrueMotion motion(data.root, data.manifest, data.test);
  const double dt = data.manifest.plan.config.at("dt").get<double>();
  const model::Batch test = states_of(data.test, std::min(options.trajectories, data.test.trajectories()));
  return {{"state_error",
           {{"train",
             {{"derivative_mse",
               derivative_errors(run, states_of(data.train, trained_trajectories(run, data, options)))}}},
            {"test",
             {{"derivative_mse", derivative_errors(run, test)},
              {"derivative_mse_of_exact_law", exact_law_errors(test, motion)},
              {"energy_mse", energy_errors(run, data, test, motion, dt)}}}}}};
}

}  // namespace hamgen::apps
