// Phase spaces that are known to be the true one or not, up to maps that are known to be canonical or not.
#include "model/metrics/symmetric.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

using namespace hamgen::model;

namespace {

constexpr std::int64_t trajectories = 60, times = 20, points = trajectories * times;

Tensor noise(std::int64_t columns, std::uint64_t seed) {
  return at::empty({points, columns}, at::kDouble).normal_(0, 1, make_generator(seed));
}

// Spread evenly over a box, with momenta of a scale of their own.
TrueStates states(std::int64_t d) {
  const Tensor q = at::empty({points, d}, at::kDouble).uniform_(-1, 1, make_generator(1));
  const Tensor p = at::empty({points, d}, at::kDouble).uniform_(-3, 3, make_generator(2));
  return {q, p};
}

// The same positions and momenta, or a function of them, as latents.
LatentStates latents(const TrueStates& truth) {
  return {truth.q.clone(), truth.p.clone()};
}

Tensor rotation(double angle) {
  const double c = std::cos(angle), s = std::sin(angle);
  return at::tensor({c, -s, s, c}, at::kDouble).view({2, 2});
}

Tensor orthonormal_columns(std::int64_t rows, std::int64_t columns) {
  const Tensor square = at::empty({rows, rows}, at::kDouble).normal_(0, 1, make_generator(9));
  return std::get<0>(at::linalg_qr(square)).narrow(1, 0, columns);
}

// A linear canonical map of D = 2 from its generators: shears with symmetric matrices, rotations of both q
// and p, and rotations of one pair's (q, p).
LatentStates mixed(const TrueStates& truth) {
  const Tensor shear = at::tensor({0.5, 0.2, 0.2, -0.4}, at::kDouble).view({2, 2});
  const Tensor q = truth.q + 0.1 * truth.p.matmul(shear);
  const Tensor p = truth.p - q.matmul(shear + 1);
  const Tensor angle = at::tensor({0.4, 1.1}, at::kDouble);
  const Tensor turned_q = q * angle.cos() + p * angle.sin(), turned_p = p * angle.cos() - q * angle.sin();
  return {turned_q.matmul(rotation(0.7)), turned_p.matmul(rotation(0.7))};
}

Symmetric measure(const LatentStates& learned, const TrueStates& truth) {
  return measure_symmetric(learned, truth, times);
}

void check_is_symmetric(const Symmetric& result, double tolerance = 0.001) {
  CHECK(result.is_symmetric);
  CHECK(result.r2_q > 1 - tolerance);
  CHECK(result.r2_p > 1 - tolerance);
  CHECK(result.symplectic_error < tolerance);
  CHECK(result.symplectic_deviation < tolerance);
}

}  // namespace

TEST_CASE("the true phase space itself is symmetric") {
  for (const std::int64_t d : {1, 2, 3}) {
    CAPTURE(d);
    const TrueStates truth = states(d);
    const Symmetric result = measure(latents(truth), truth);
    check_is_symmetric(result);
    CHECK(result.pairs == d);
    CHECK(result.order == 5);
  }
}

TEST_CASE("a canonical linear map keeps it so, whatever the units, and wherever its origin") {
  const TrueStates truth = states(2);
  const LatentStates map = mixed(truth);
  check_is_symmetric(measure(map, truth));
  check_is_symmetric(measure({20 * map.q + 5, -0.3 * map.p - 7}, truth));
}

TEST_CASE("latent dimensions too many do no harm") {
  const TrueStates truth = states(2);
  const Tensor u = orthonormal_columns(16, 2).t();
  const LatentStates map = mixed(truth);
  Symmetric result = measure({map.q.matmul(u), map.p.matmul(u)}, truth);
  check_is_symmetric(result);
  CHECK(result.pairs == 2);
  // Some that do not move, and some that hardly do.
  const Tensor rest = at::cat({at::full({points, 3}, 0.7, at::kDouble), 1e-3 * noise(3, 4)}, 1);
  result = measure({at::cat({map.q, rest}, 1), at::cat({map.p, rest}, 1)}, truth);
  check_is_symmetric(result);
  CHECK(result.pairs == 2);
}

TEST_CASE("a linear map that stretches one position alone is not symmetric, though it explains all") {
  const TrueStates truth = states(2);
  const Tensor q = truth.q * at::tensor({2.0, 1.0}, at::kDouble);
  const Symmetric result = measure({q, truth.p}, truth);
  CHECK(result.r2_q > 0.999);
  CHECK(result.r2_p > 0.999);
  CHECK_FALSE(result.is_symmetric);
  // {Q_i, P_j} is 1/2 and 1 on the diagonal, so c = 3/4.
  CHECK(result.symplectic_error == doctest::Approx(std::sqrt(0.1)).epsilon(1e-4));
  CHECK(result.symplectic_deviation == doctest::Approx(2 * 0.75 * 0.75 / 16).epsilon(1e-4));
}

TEST_CASE(
    "positions that are paired with the wrong momenta are not symmetric, which the deviation overlooks") {
  const TrueStates truth = states(2);
  const Symmetric result = measure({truth.q, truth.p.flip(1)}, truth);
  CHECK(result.r2_p > 0.999);
  CHECK_FALSE(result.is_symmetric);
  CHECK(result.symplectic_error == doctest::Approx(1).epsilon(1e-4));
  CHECK(result.symplectic_deviation < 1e-4);
}

TEST_CASE("a canonical nonlinear map is symmetric; the same bend in the positions is not") {
  // Of the generating potential (q_1^2 + q_2^2)^2 / 4 + q_1^2 q_2.
  const TrueStates truth = states(2);
  const Tensor q_1 = truth.q.select(1, 0), q_2 = truth.q.select(1, 1), square = q_1 * q_1 + q_2 * q_2;
  const Tensor force = at::stack({square * q_1 + 2 * q_1 * q_2, square * q_2 + q_1 * q_1}, 1);
  check_is_symmetric(measure({truth.q, truth.p + 2 * force}, truth), 0.01);

  const TrueStates line = states(1);
  check_is_symmetric(measure({line.q, line.p + 2 * line.q.pow(3)}, line), 0.01);
  const Symmetric bent = measure({line.q + line.q.pow(3), line.p}, line);
  CHECK(bent.r2_q > 0.99);
  CHECK(bent.r2_p > 0.999);
  CHECK(bent.symplectic_error > 0.2);
  CHECK_FALSE(bent.is_symmetric);
}

TEST_CASE("a centre of mass at rest is not asked for") {
  // Bodies of masses 1 and 2 on a line.
  const TrueStates distance = states(1);
  const TrueStates truth{at::cat({2 * distance.q, -distance.q}, 1) / 3,
                         at::cat({distance.p, -distance.p}, 1)};
  check_is_symmetric(measure(latents(distance), truth));
  const Symmetric result = measure(latents(truth), truth);
  CHECK(result.r2_q > 0.999);
  CHECK(result.r2_p > 0.999);
}

TEST_CASE("coordinates that do not move are left out") {
  TrueStates truth = states(2);
  truth.q.select(1, 1).copy_(3 + 1e-9 * noise(1, 3).select(1, 0));  // but for rounding
  truth.p.select(1, 1).fill_(0);
  check_is_symmetric(measure(latents(truth), truth));
  truth.q.fill_(3);
  const Symmetric result = measure(latents(truth), truth);
  CHECK(result.r2_q == 0);
  CHECK_FALSE(result.is_symmetric);
}

TEST_CASE("noise explains nothing") {
  const TrueStates truth = states(2);
  for (const std::int64_t k : {2, 256}) {
    CAPTURE(k);
    const Symmetric result = measure({noise(k, 5), noise(k, 6)}, truth);
    CHECK(std::abs(result.r2_q) < 0.03);
    CHECK(std::abs(result.r2_p) < 0.03);
    CHECK_FALSE(result.is_symmetric);
  }
}

TEST_CASE("one coordinate that is not explained is enough") {
  TrueStates truth = states(3);
  const LatentStates learned = latents(truth);
  // Of variance 1/12, and the position's is 1/3.
  truth.q.select(1, 2) += noise(1, 7).select(1, 0) / std::sqrt(12.0);
  const Symmetric result = measure(learned, truth);
  CHECK(result.r2_q == doctest::Approx((1 + 1 + 0.8) / 3).epsilon(0.01));
  CHECK(result.r2_p > 0.999);
  CHECK(result.symplectic_error < 0.16);
  CHECK_FALSE(result.is_symmetric);
}

TEST_CASE("latents that collapsed or are not finite are worth nothing") {
  const TrueStates truth = states(2);
  const Tensor constant = at::full({points, 4}, 0.1, at::kDouble);
  for (const LatentStates& learned :
       {LatentStates{at::zeros_like(constant), at::zeros_like(constant)}, LatentStates{constant, -constant},
        LatentStates{constant / 0.0, constant}, LatentStates{1e308 * noise(4, 5).sign(), constant},
        LatentStates{constant, constant * std::numeric_limits<double>::quiet_NaN()}}) {
    const Symmetric result = measure(learned, truth);
    CHECK(std::abs(result.r2_q) < 0.03);
    CHECK(std::abs(result.r2_p) < 0.03);
    CHECK(result.symplectic_error == 1);
    CHECK_FALSE(result.is_symmetric);
  }
  // Momenta alone.
  const Symmetric result = measure({truth.q, at::zeros_like(truth.p)}, truth);
  CHECK(result.r2_q > 0.999);
  CHECK(std::abs(result.r2_p) < 0.03);
  CHECK(result.symplectic_error == 1);
  CHECK_FALSE(result.is_symmetric);
}

TEST_CASE("what is measured is the last fifth of the trajectories, rounded down, and is not fitted") {
  const TrueStates truth = states(1);
  for (const std::int64_t length : {times, points / 8}) {
    CAPTURE(length);
    const std::int64_t held = points / length / 5 * length;
    LatentStates learned = latents(truth);
    learned.q.narrow(0, points - held, held).neg_();
    CHECK(measure_symmetric(learned, truth, length).r2_q == doctest::Approx(-3).epsilon(0.05));
    learned = latents(truth);
    learned.q.narrow(0, 0, held).copy_(noise(1, 8).narrow(0, 0, held));
    CHECK(measure_symmetric(learned, truth, length).r2_q > 0.8);
  }
}

TEST_CASE("the result is the same every time") {
  const TrueStates truth = states(2);
  const LatentStates learned{truth.q + 0.1 * noise(2, 5), truth.p.sin()};
  const Symmetric a = measure(learned, truth), b = measure(learned, truth);
  CHECK(a.r2_q == b.r2_q);
  CHECK(a.symplectic_error == b.symplectic_error);
  CHECK(a.r2_p < 0.9);
}

TEST_CASE("states that do not go together are refused") {
  const TrueStates truth = states(2);
  CHECK_THROWS_WITH_AS(measure_symmetric(latents(truth), truth, 7),
                       "1200 points are not 3 trajectories or more of 7", std::invalid_argument);
  CHECK_THROWS_AS(measure_symmetric(latents(truth), truth, points / 2), std::invalid_argument);
  CHECK_THROWS_AS(measure({truth.q.narrow(0, 0, 10), truth.p}, truth), std::invalid_argument);
  CHECK_THROWS_AS(measure({truth.q.narrow(1, 0, 1), truth.p}, truth), std::invalid_argument);
  CHECK_THROWS_AS(measure(latents(truth), {truth.q.select(1, 0), truth.p}), std::invalid_argument);
  CHECK_THROWS_AS(measure({truth.q.to(at::kFloat), truth.p}, truth), std::invalid_argument);
  CHECK_THROWS_AS(measure(latents(truth), {truth.q / 0.0, truth.p}), std::invalid_argument);
}
