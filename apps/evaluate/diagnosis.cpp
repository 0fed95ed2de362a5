#include "apps/evaluate/diagnosis.hpp"

#include <algorithm>
#include <functional>
#include <limits>

#include "dataset/format/sealed_json.hpp"
#include "model/base/tensors.hpp"
#include "model/metrics/flow_metrics.hpp"
#include "model/metrics/statistics.hpp"

namespace hamgen::apps {

using at::Tensor;
using dataset::number;
using model::PhaseSpace;

namespace {

constexpr std::int64_t windows_of_orbits = 4;  // over which turns are counted
constexpr std::int64_t few = 16;               // sequences of a stretch
constexpr std::int64_t most_numbers = 64;      // of a state: each takes a rollout

Tensor rows_of(const PhaseSpace& state) {
  return at::cat({state.q.flatten(1), state.p.flatten(1)}, 1).to(at::kCPU);
}

Json stretch_of(const model::Stretch& stretch) {
  const Tensor is_known = stretch.largest.isfinite().nonzero().flatten();
  if (is_known.numel() == 0) return nullptr;
  const auto median = [&](const Tensor& values) {
    return number(model::median(model::to_vector(values.index_select(0, is_known))));
  };
  return {{"largest", median(stretch.largest)},
          {"smallest", median(stretch.smallest)},
          {"trajectories", is_known.numel()}};
}

// q and p of an orbit at its times, [T, 2 D]; not numbers where it cannot be integrated, as where two bodies meet.
Tensor states_along(const std::function<simulators::Orbit()>& orbit_of, std::int64_t times,
                    std::int64_t dimension) {
  try {
    simulators::Orbit orbit = orbit_of();
    const auto tensor = [&](std::vector<double>& values) {
      return at::from_blob(values.data(), {times, dimension}, at::kDouble);
    };
    return at::cat({tensor(orbit.q), tensor(orbit.p)}, 1);
  } catch (const simulators::IntegrationFailure&) {
    return at::full({times, 2 * dimension}, std::numeric_limits<double>::quiet_NaN(), at::kDouble);
  }
}

// The rows of which all is finite: one that has left every bound is no reason to say nothing of the others.
Tensor finite(const Tensor& rows) {
  return rows.index_select(0, rows.isfinite().flatten(1).all(1).nonzero().flatten());
}

}  // namespace

void Diagnosis::add(const std::vector<model::Window>& windows, const std::vector<PhaseSpace>& states) {
  for (const model::Window& window : windows) trajectories_.push_back(window.trajectory);
  std::vector<Tensor> rows;
  for (const PhaseSpace& state : states) rows.push_back(rows_of(state));
  states_.add(at::stack(rows, 1));
  place_ = states.front().q;
  if (motion_.simulation().dimension() == 1) add_orbits(windows, states.front());
}

void Diagnosis::add_orbits(const std::vector<model::Window>& windows, const PhaseSpace& start) {
  const std::int64_t intervals = windows_of_orbits * (frames_.window() - 1);
  std::vector<Tensor> positions, exact;
  for (const PhaseSpace& state : model_.rollout(start, intervals + 1))
    positions.push_back(state.q.flatten(1).to(at::kCPU, at::kDouble));
  orbits_.add(at::stack(positions, 1));
  const std::vector<double> times = frames_.times(intervals, 1);
  for (const model::Window& window : windows)
    exact.push_back(
        states_along([&] { return motion_.orbit(window.trajectory, times); }, intervals + 1, 1).select(1, 0));
  exact_orbits_.add(at::stack(exact));
}

Json Diagnosis::stretch_json() const {
  const Tensor all = finite(states_.all());
  const Tensor spread = all.flatten(0, 1).std(0), starts = all.select(1, 0).slice(0, 0, few);
  if (all.size(2) > most_numbers || all.size(0) == 0 || !(spread > 0).all().item<bool>()) return nullptr;
  const auto flow = [this](const Tensor& rows) {
    std::vector<std::int64_t> shape = place_.sizes().vec();
    shape[0] = rows.size(0);
    const auto halves = rows.to(place_.device(), at::kFloat).chunk(2, 1);
    const PhaseSpace start{halves[0].reshape(shape), halves[1].reshape(shape)};
    return rows_of(model_.rollout(start, frames_.window()).back());
  };
  return stretch_of(model::stretch(flow, starts, spread));
}

Json Diagnosis::true_stretch_json() const {
  const auto half = motion_.simulation().dimension();
  const auto dimension = static_cast<std::int64_t>(half), window = frames_.window();
  const std::vector<double> times = frames_.times(window - 1, 1);
  const auto count = std::min(static_cast<std::size_t>(few), trajectories_.size());
  std::vector<Tensor> orbits;
  for (std::size_t i = 0; i < count; ++i)
    orbits.push_back(states_along([&] { return motion_.orbit(trajectories_[i], times); }, window, dimension));
  const Tensor all = at::stack(orbits), spread = all.flatten(0, 1).std(0);
  if (2 * dimension > most_numbers || !(spread > 0).all().item<bool>()) return nullptr;
  const auto flow = [&](const Tensor& rows) {
    std::vector<Tensor> ends;
    for (std::int64_t i = 0; i < rows.size(0); ++i) {
      const double* const row = rows[i].data_ptr<double>();
      const std::uint64_t trajectory = trajectories_[static_cast<std::size_t>(i) % count];
      const auto orbit = [&] { return motion_.orbit(trajectory, {row, half}, {row + half, half}, times); };
      ends.push_back(states_along(orbit, window, dimension)[-1]);
    }
    return at::stack(ends);
  };
  return stretch_of(model::stretch(flow, all.select(1, 0).contiguous(), spread));
}

Json Diagnosis::frequency_json() const {
  const Tensor q = orbits_.all(), exact = exact_orbits_.all();  // [N, T, K], [N, T]
  // Of several numbers the combination that moves most.
  const Tensor moved = finite(q - q.mean(1, true)).flatten(0, 1);
  const Tensor axis = std::get<1>(at::linalg_eigh(moved.t().matmul(moved))).select(1, -1);
  const model::FrequencyErrors errors =
      model::frequency_errors(model::frequencies(q.matmul(axis), frames_.dt()),
                              model::frequencies(exact, frames_.dt()), (exact.amax(1) - exact.amin(1)) / 2);
  Json fifths = Json::array();
  for (const auto& part : errors.fifths)
    fifths.push_back({{"least", part.least},
                      {"greatest", part.greatest},
                      {"error", number(part.mean)},
                      {"deviation", number(part.deviation)},
                      {"trajectories", part.orbits}});
  return {{"error", number(errors.mean_absolute)},
          {"trajectories", errors.orbits},
          {"by_amplitude", std::move(fifths)}};
}

Json Diagnosis::json() const {
  const Tensor states = finite(states_.all()).flatten(0, 1);
  Json diagnosis{{"numbers", states.size(1)}};
  diagnosis["directions"] = states.size(0) > 0 ? Json(model::directions(states)) : Json(nullptr);
  diagnosis["stretch"] = stretch_json();
  diagnosis["true_stretch"] = true_stretch_json();
  if (!orbits_.empty()) diagnosis["frequency"] = frequency_json();
  return {{"diagnosis", std::move(diagnosis)}};
}

}  // namespace hamgen::apps
