#include "model/metrics/mixture.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>
#include <utility>
#include <vector>

#include "model/base/random.hpp"

namespace hamgen::model {
namespace {

constexpr int k_means_rounds = 30, most_rounds = 100;
constexpr double converged = 1e-4;  // of the mean log density

// [N, K]: 1 where the component is the nearest one.
Tensor nearest(const Tensor& points, const Tensor& means) {
  return at::one_hot(at::cdist(points, means).argmin(1), means.size(0)).to(at::kDouble);
}

// Components without points stay where they are.
Tensor means_of(const Tensor& points, const Tensor& shares, const Tensor& before) {
  const Tensor counts = shares.sum(0).unsqueeze(1);
  return at::where(counts > 1e-9, shares.t().mm(points) / counts.clamp_min(1e-9), before);
}

Tensor k_means(const Tensor& points, std::int64_t components, std::uint64_t seed) {
  const Permutation order(static_cast<std::uint64_t>(points.size(0)), random_key(seed, Purpose::prior));
  std::vector<std::int64_t> first;
  for (std::int64_t k = 0; k < components; ++k)
    first.push_back(static_cast<std::int64_t>(order(static_cast<std::uint64_t>(k))));
  Tensor means = points.index_select(0, at::tensor(first, at::kLong));
  for (int round = 0; round < k_means_rounds; ++round)
    means = means_of(points, nearest(points, means), means);
  return means;
}

// The mixture where each point belongs to components in these shares, [N, K]: their weighted moments, and the
// noise of the points on top of the covariances.
Mixture maximised(const Tensor& points, const Tensor& variance, const Tensor& shares, const Tensor& before) {
  Mixture mixture;
  const Tensor counts = shares.sum(0).clamp_min(1e-9);
  mixture.weights = counts / counts.sum();
  mixture.means = means_of(points, shares, before);
  std::vector<Tensor> covariances;
  for (std::int64_t k = 0; k < counts.size(0); ++k) {
    const Tensor apart = points - mixture.means[k];
    covariances.push_back((shares.select(1, k).unsqueeze(1) * apart).t().mm(apart) / counts[k] +
                          variance.diag());
  }
  mixture.factors = at::linalg_cholesky(at::stack(covariances));
  return mixture;
}

// [N, K] logarithms of weight times density.
Tensor log_parts(const Mixture& mixture, const Tensor& points) {
  std::vector<Tensor> parts;
  const auto dimensions = static_cast<double>(points.size(1));
  for (std::int64_t k = 0; k < mixture.weights.size(0); ++k) {
    const Tensor& factor = mixture.factors[k];
    const Tensor white =
        at::linalg_solve_triangular(factor, (points - mixture.means[k]).t(), /*upper=*/false);
    parts.push_back(mixture.weights[k].log() - 0.5 * white.square().sum(0) - factor.diagonal().log().sum() -
                    0.5 * dimensions * std::log(2 * std::numbers::pi));
  }
  return at::stack(parts, 1);
}

}  // namespace

Mixture fit_mixture(const Tensor& points, const Tensor& variance, std::int64_t components,
                    std::uint64_t seed) {
  constexpr std::int64_t points_of_component = 10;
  if (points.size(0) < points_of_component)
    throw std::invalid_argument("a mixture needs at least ten points");
  components = std::min(components, points.size(0) / points_of_component);
  const Tensor start = k_means(points, components, seed);
  Mixture mixture = maximised(points, variance, nearest(points, start), start);
  Tensor parts = log_parts(mixture, points);
  double reached = parts.logsumexp(1).mean().item<double>();
  for (int round = 0; round < most_rounds; ++round) {
    Mixture next = maximised(points, variance, parts.softmax(1), mixture.means);
    parts = log_parts(next, points);
    const double now = parts.logsumexp(1).mean().item<double>();
    if (now < reached + converged) break;  // with `variance` in every covariance it may fall, too
    mixture = std::move(next);
    reached = now;
  }
  return mixture;
}

Tensor log_density(const Mixture& mixture, const Tensor& points) {
  return log_parts(mixture, points).logsumexp(1);
}

Tensor draw(const Mixture& mixture, std::int64_t count, std::uint64_t seed) {
  at::Generator generator = make_generator(random_key(seed, Purpose::prior));
  const Tensor components = mixture.weights.multinomial(count, /*replacement=*/true, generator);
  const Tensor noise = at::empty({count, mixture.means.size(1), 1}, at::kDouble).normal_(0, 1, generator);
  const Tensor spread = mixture.factors.index_select(0, components).bmm(noise).squeeze(2);
  return mixture.means.index_select(0, components) + spread;
}

}  // namespace hamgen::model
