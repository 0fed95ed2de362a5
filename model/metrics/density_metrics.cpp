#include "model/metrics/density_metrics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "model/base/random.hpp"

namespace hamgen::model {
namespace {

// log w of `draws` draws for each point, [n, draws] fp64 on the CPU; a bounded number at a time.
Tensor pool_of_weights(const DensityModel& model, const Tensor& points, std::int64_t draws,
                       const at::Device& device) {
  constexpr std::int64_t at_a_time = 1 << 14;
  const at::NoGradGuard no_grad;
  const auto type = model.parameters().front().scalar_type();
  const std::int64_t rows = std::max<std::int64_t>(1, at_a_time / draws);
  std::vector<Tensor> pool;
  for (std::int64_t first = 0; first < points.size(0); first += rows) {
    auto generator = make_generator(random_key(0, Purpose::posterior, {static_cast<std::uint64_t>(first)}));
    const Tensor part = points.slice(0, first, first + rows).to(device, type);
    pool.push_back(model.log_weights(part, draws, generator).to(at::kCPU, at::kDouble));
  }
  return at::cat(pool);
}

// The log of the mean over the last axis.
Tensor log_mean(const Tensor& log_weights) {
  return log_weights.logsumexp(-1) - std::log(static_cast<double>(log_weights.size(-1)));
}

Tensor prior_states(const DensityModel& model, std::int64_t count, std::uint64_t seed) {
  auto generator = make_generator(random_key(seed, Purpose::prior));
  return model.draw_base(count, generator);
}

}  // namespace

std::vector<LikelihoodBound> likelihood_bounds(const DensityModel& model, const Tensor& points,
                                               const std::vector<std::int64_t>& draws,
                                               const at::Device& device) {
  const std::int64_t most = model.has_latent() ? draws.back() : 1, count = points.size(0);
  const Tensor pool = pool_of_weights(model, points, most, device);
  std::vector<LikelihoodBound> bounds;
  for (const std::int64_t k : draws) {
    const Tensor bound = log_mean(pool.view({count, -1, std::min(k, most)})).mean(1);
    const double error = count > 1 ? bound.std().item<double>() / std::sqrt(static_cast<double>(count))
                                   : std::numeric_limits<double>::quiet_NaN();
    bounds.push_back({k, bound.mean().item<double>(), error});
  }
  return bounds;
}

Tensor log_density(const DensityModel& model, const Tensor& points, std::int64_t draws,
                   const at::Device& device) {
  return log_mean(pool_of_weights(model, points, model.has_latent() ? draws : 1, device));
}

Tensor draw_samples(const DensityModel& model, std::int64_t count, std::uint64_t seed) {
  constexpr std::int64_t at_a_time = 1 << 14;
  const at::NoGradGuard no_grad;
  std::vector<Tensor> parts;
  for (std::int64_t first = 0; first < count; first += at_a_time) {
    auto generator = make_generator(random_key(seed, Purpose::prior, {static_cast<std::uint64_t>(first)}));
    parts.push_back(model.sample(std::min(at_a_time, count - first), generator).to(at::kCPU, at::kDouble));
  }
  return at::cat(parts);
}

GridComparison compare_on_grid(const DensityModel& model, const Target& target, std::int64_t cells,
                               std::int64_t draws, const at::Device& device) {
  const double side = 2 * target.extent() / static_cast<double>(cells), area = side * side;
  const Tensor points = square_grid(target.extent(), cells);
  GridComparison result;
  result.cells = cells;
  result.draws = model.has_latent() ? draws : 1;
  result.log_target = target.log_density(points);
  result.log_model = log_density(model, points, draws, device);
  const Tensor p = result.log_target.exp();
  // Where p is 0 nothing is added, whatever its logarithm says.
  const Tensor terms = at::where(p > 0, p * (result.log_target - result.log_model), at::zeros_like(p));
  result.divergence = terms.sum().item<double>() * area;
  result.mass = result.log_model.exp().sum().item<double>() * area;
  return result;
}

ModeCoverage mode_coverage(const Tensor& samples, const Target& target) {
  constexpr double least = 0.25;
  const Tensor modes = target.modes();
  if (!modes.defined()) return {};
  const auto [distance, nearest] = at::cdist(samples, modes).min(1);
  const Tensor is_near = distance < target.mode_radius();
  const auto count = static_cast<double>(samples.size(0));
  const Tensor shares =
      at::bincount(nearest.masked_select(is_near), {}, modes.size(0)).to(at::kDouble) / count;
  const Tensor relative = shares / target.mode_weights();
  ModeCoverage coverage;
  coverage.modes = modes.size(0);
  coverage.covered = (relative >= least).sum().item<std::int64_t>();
  coverage.largest_error = (relative - 1).abs().max().item<double>();
  coverage.stray = 1 - is_near.to(at::kDouble).mean().item<double>();
  return coverage;
}

InversionError inversion_error(const DensityModel& model, std::int64_t count, std::uint64_t seed) {
  const at::NoGradGuard no_grad;
  const Tensor states = prior_states(model, count, seed);
  const Tensor error = std::get<0>((model.inverse(model.flow(states)) - states).abs().max(1));
  return {error.max().item<double>(), error.median().item<double>()};
}

double volume_error(const DensityModel& model, std::int64_t count, std::uint64_t seed) {
  const Tensor states = prior_states(model, count, seed).requires_grad_();
  const Tensor end = model.flow(states);
  std::vector<Tensor> rows;
  for (std::int64_t i = 0; i < end.size(1); ++i)
    rows.push_back(torch::autograd::grad({end.select(1, i).sum()}, {states}, {}, true)[0]);
  const Tensor jacobian = at::stack(rows, 1).to(at::kCPU, at::kDouble);
  return (at::linalg_det(jacobian).abs() - 1).abs().max().item<double>();
}

Tensor kernel_density(const Tensor& samples, const Tensor& points, double bandwidth) {
  constexpr std::int64_t at_a_time = 4096;
  const double coordinates = static_cast<double>(samples.size(1));
  const double log_constant = 0.5 * coordinates * std::log(2 * std::numbers::pi * bandwidth * bandwidth);
  std::vector<Tensor> parts;
  for (std::int64_t first = 0; first < points.size(0); first += at_a_time) {
    const Tensor distance = at::cdist(points.slice(0, first, first + at_a_time), samples) / bandwidth;
    parts.push_back((log_mean(-0.5 * distance.square()) - log_constant).exp());
  }
  return at::cat(parts);
}

}  // namespace hamgen::model
