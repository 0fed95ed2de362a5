// The mixture against a known one: its density, its moments, and one Gaussian in closed form.
#include "model/metrics/mixture.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

#include "model/base/random.hpp"

using namespace hamgen::model;

namespace {

// A third of N((-3, 0), 0.2^2), two thirds of N((2, 1), [[1, 0.9], [0.9, 1]] / 4).
Mixture known() {
  const Tensor narrow = 0.2 * at::eye(2, at::kDouble);
  const Tensor wide = at::tensor({1.0, 0.9, 0.9, 1.0}, at::kDouble).view({2, 2}) / 4;
  return {at::tensor({1.0 / 3, 2.0 / 3}, at::kDouble),
          at::tensor({-3.0, 0.0, 2.0, 1.0}, at::kDouble).view({2, 2}),
          at::stack({narrow, at::linalg_cholesky(wide)})};
}

}  // namespace

TEST_CASE("a mixture is found again from its samples") {
  const Mixture truth = known();
  const Tensor points = draw(truth, 4000, 3), fresh = draw(truth, 4000, 4);
  const Mixture found = fit_mixture(points, at::full({2}, 1e-9, at::kDouble), 2, 0);
  const Tensor order = found.means.select(1, 0).argsort();
  CHECK(at::allclose(found.weights.index_select(0, order), truth.weights, 0, 0.03));
  CHECK(at::allclose(found.means.index_select(0, order), truth.means, 0, 0.03));
  const Tensor loss = (log_density(truth, fresh) - log_density(found, fresh)).mean();
  CHECK(loss.item<double>() < 0.005);
  CHECK(loss.item<double>() > -0.005);
}

TEST_CASE("one component is the Gaussian of the points' mean and covariance, and of their noise") {
  const Tensor points = draw(known(), 500, 1);
  const Tensor noise = at::tensor({0.5, 0.25}, at::kDouble);
  const Mixture found = fit_mixture(points, noise, 1, 0);
  CHECK(at::allclose(found.means[0], points.mean(0)));
  const Tensor expected = at::cov(points.t(), /*correction=*/0) + noise.diag();
  CHECK(at::allclose(found.factors[0].mm(found.factors[0].t()), expected));
}

TEST_CASE("a density of a mixture has integral 1, and its samples its mean") {
  const Mixture mixture = known();
  const Tensor line = at::linspace(-8, 8, 400, at::kDouble);
  const auto grid = at::meshgrid({line, line}, "ij");
  const Tensor points = at::stack({grid[0].flatten(), grid[1].flatten()}, 1);
  const double cell = 16.0 / 399 * 16.0 / 399;
  CHECK((log_density(mixture, points).exp().sum() * cell).item<double>() == doctest::Approx(1).epsilon(1e-6));
  const Tensor mean = (mixture.weights.unsqueeze(1) * mixture.means).sum(0);
  CHECK(at::allclose(draw(mixture, 40'000, 9).mean(0), mean, 0, 0.05));
}

TEST_CASE("a mixture has no more components than points can tell apart, and none without points") {
  const Tensor points = draw(known(), 25, 1), noise = at::full({2}, 0.01, at::kDouble);
  CHECK(fit_mixture(points, noise, 30, 0).weights.size(0) == 2);
  CHECK_THROWS_AS(fit_mixture(points.slice(0, 0, 9), noise, 1, 0), std::invalid_argument);
}
