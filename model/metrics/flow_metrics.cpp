#include "model/metrics/flow_metrics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace hamgen::model {
namespace {

constexpr double smallest_direction = 1e-2, nudge = 1e-3;
constexpr std::int64_t parts = 5, fewest_orbits = 10;
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

// The times, in intervals, of the first and the last rise through the middle of the range, and how many turns lie between.
double turns_per_interval(const double* q, std::int64_t count) {
  const auto [least, greatest] = std::minmax_element(q, q + count);
  const double middle = 0.5 * (*least + *greatest);
  double first = 0, last = 0;
  std::int64_t rises = 0;
  for (std::int64_t t = 0; t + 1 < count; ++t) {
    if (!(q[t] < middle && q[t + 1] >= middle)) continue;
    last = static_cast<double>(t) + (middle - q[t]) / (q[t + 1] - q[t]);
    if (rises++ == 0) first = last;
  }
  return rises < 2 ? not_a_number : static_cast<double>(rises - 1) / (last - first);
}

}  // namespace

std::int64_t directions(const Tensor& states) {
  const Tensor moved = (states - states.mean(0)).to(at::kDouble);
  const Tensor variances = at::linalg_eigvalsh(moved.t().matmul(moved));
  return (variances > smallest_direction * smallest_direction * variances.max()).sum().item<std::int64_t>();
}

Stretch stretch(const std::function<Tensor(const Tensor&)>& flow, const Tensor& starts,
                const Tensor& spread) {
  const std::int64_t count = starts.size(0), numbers = starts.size(1);
  const Tensor nudges = nudge * at::diag(spread).to(starts.options());
  const Tensor ends =
      flow(at::cat({starts, (starts.unsqueeze(0) + nudges.unsqueeze(1)).flatten(0, 1)})).to(at::kDouble);
  const Tensor units = spread.to(ends.options());
  const Tensor moved =
      (ends.slice(0, count).view({numbers, count, numbers}) - ends.slice(0, 0, count)) / (nudge * units);
  const Tensor jacobians = moved.permute({1, 2, 0});
  const Tensor is_known = jacobians.isfinite().flatten(1).all(1);
  const Tensor values =
      at::linalg_svdvals(at::where(is_known.view({-1, 1, 1}), jacobians, at::zeros({}, jacobians.options())));
  const auto known = [&](const Tensor& some) {
    return at::where(is_known, some, at::full({}, not_a_number, some.options())).cpu();
  };
  return {known(values.select(1, 0)), known(values.select(1, numbers - 1))};
}

Tensor frequencies(const Tensor& q, double dt) {
  const Tensor rows = q.to(at::kCPU, at::kDouble).contiguous();
  const Tensor turns = at::empty({rows.size(0)}, at::kDouble);
  for (std::int64_t i = 0; i < rows.size(0); ++i)
    turns.data_ptr<double>()[i] = turns_per_interval(rows[i].data_ptr<double>(), rows.size(1)) / dt;
  return turns;
}

FrequencyErrors frequency_errors(const Tensor& learned, const Tensor& exact, const Tensor& amplitudes) {
  const Tensor all = learned / exact - 1;
  const Tensor is_known = all.isfinite().nonzero().flatten();
  const Tensor order = amplitudes.index_select(0, is_known).argsort();
  const Tensor error = all.index_select(0, is_known).index_select(0, order),
               amplitude = amplitudes.index_select(0, is_known).index_select(0, order);
  FrequencyErrors errors;
  errors.orbits = error.size(0);
  errors.mean_absolute = errors.orbits == 0 ? not_a_number : error.abs().mean().item<double>();
  if (errors.orbits < fewest_orbits) return errors;
  for (std::int64_t part = 0; part < parts; ++part) {
    const std::int64_t first = part * errors.orbits / parts, end = (part + 1) * errors.orbits / parts;
    const Tensor of_part = error.slice(0, first, end);
    errors.fifths.push_back({amplitude[first].item<double>(), amplitude[end - 1].item<double>(),
                             of_part.mean().item<double>(), of_part.std().item<double>(), end - first});
  }
  return errors;
}

}  // namespace hamgen::model
