// Henon and Heiles's system against an elliptic function, forty digits, its symmetry, and its starts.
#include <doctest/doctest.h>

#include <algorithm>
#include <boost/math/special_functions/jacobi_elliptic.hpp>
#include <cmath>
#include <numbers>

#include "tests/simulators/measures.hpp"
#include "tests/simulators/precise.hpp"
#include "tests/simulators/settings_for.hpp"

using namespace hamgen::simulators;
using namespace hamgen::tests;

namespace {

const Overrides varied{{"physics.lambda", std::vector<double>{0.5, 1.0}}};

std::vector<double> turned(Reals vector, double angle) {
  return {std::cos(angle) * vector[0] - std::sin(angle) * vector[1],
          std::sin(angle) * vector[0] + std::cos(angle) * vector[1]};
}

Start start_of(const Simulation& simulation, std::uint64_t id) {
  RandomStream random({.seed = 12, .trajectory = id});
  return simulation.system().draw_start(random);
}

}  // namespace

TEST_CASE("the star follows Newton's equations, integrated by another method in forty digits") {
  const auto simulation = simulation_of("henon_heiles", varied);
  double worst = 0;
  for (std::int64_t id = 0; id < 10; ++id) {
    const Trajectory trajectory = simulation.trajectory(Split::train, id);
    const Precise lambda = trajectory.parameters[0];
    const auto rate = [&](const PreciseState& s) -> PreciseState {
      return {s[2], s[3], -s[0] - 2 * lambda * s[0] * s[1], -s[1] - lambda * (s[0] * s[0] - s[1] * s[1])};
    };
    const Reals q = row(trajectory.q, 0, 2), p = row(trajectory.p, 0, 2);
    const PreciseState s =
        precise_flow(rate, precise(std::vector{q[0], q[1], p[0], p[1]}), simulation.times().back());
    const std::size_t last = simulation.frames() - 1;
    worst = std::max({worst, max_difference(row(trajectory.q, last, 2), rounded({s[0], s[1]})),
                      max_difference(row(trajectory.p, last, 2), rounded({s[2], s[3]}))});
  }
  CHECK(worst <= 1e-11);
}

// Along x = 0: y'^2 = 2 E - y^2 + (2/3) lambda y^3 = (2/3) lambda (y - a) (y - b) (y - c), and from rest in a
//   y = a + (b - a) sn^2(w t | k),  w^2 = lambda (c - a) / 6,  k^2 = (b - a) / (c - a).
// In extended precision: near the energy of escape, where b meets c, the formulae lose digits.
TEST_CASE("along an axis of the triangle the star follows Jacobi's elliptic function") {
  using Real = long double;
  const auto simulation = simulation_of("henon_heiles");
  for (const double lambda : {0.4, 1.0})
    for (const double fraction : {0.1, 0.9, 0.99}) {  // of the energy of escape
      const Real third = std::acos(1 - 2 * Real(fraction)) / 3, turn = 2 * std::numbers::pi_v<Real> / 3;
      // a is rounded to the double it starts as; b and c are then the other roots of the same cubic.
      const double a = static_cast<double>((Real(0.5) + std::cos(third + turn)) / lambda);
      const Real half_sum = (Real(1.5) / lambda - a) / 2, product = a * (a - Real(1.5) / lambda);
      const Real half_gap = std::sqrt(half_sum * half_sum - product);
      const Real b = half_sum - half_gap, c = half_sum + half_gap;
      const Real w = std::sqrt(lambda * (c - a) / 6), k = std::sqrt((b - a) / (c - a));
      const auto times = even_times(0, 20, 80);
      const Orbit orbit = integrate(simulation.system(), std::vector{lambda}, std::vector{0.0, a},
                                    std::vector{0.0, 0.0}, times, {});
      double worst = 0;
      for (std::size_t t = 0; t < times.size(); ++t) {
        Real cn, dn;
        const Real sn = boost::math::jacobi_elliptic(k, w * times[t], &cn, &dn);
        const Real y = a + (b - a) * sn * sn;
        worst = std::max(
            {worst, std::abs(orbit.q[2 * t]), std::abs(static_cast<double>(orbit.q[2 * t + 1] - y))});
      }
      CAPTURE(lambda);
      CAPTURE(fraction);
      CHECK(lambda * worst <= 1e-11);  // in units of the triangle; near its corner neighbouring orbits part
    }
}

TEST_CASE("an orbit turned by a third of a turn, or mirrored in x, is an orbit") {
  const auto simulation = simulation_of("henon_heiles", varied);
  for (std::uint64_t id = 0; id < 10; ++id) {
    const Start start = start_of(simulation, id);
    const auto follow = [&](Reals q, Reals p) {
      return integrate(simulation.system(), start.parameters, q, p, simulation.times(), {});
    };
    const double third = 2 * std::numbers::pi / 3;
    const Orbit orbit = follow(start.q, start.p);
    const Orbit rotated = follow(turned(start.q, third), turned(start.p, third));
    const Orbit mirrored = follow(std::vector{-start.q[0], start.q[1]}, std::vector{-start.p[0], start.p[1]});
    double worst = 0;
    for (std::size_t t = 0; t < simulation.frames(); ++t) {
      const Reals q = row(orbit.q, t, 2);
      worst = std::max({worst, max_difference(row(rotated.q, t, 2), turned(q, third)),
                        max_difference(row(mirrored.q, t, 2), std::vector{-q[0], q[1]})});
    }
    CHECK(worst <= 1e-11);
  }
}

TEST_CASE("the star stays inside the triangle and the view for good, and comes close to the view's edge") {
  const auto simulation = simulation_of("henon_heiles", {{"physics.lambda", std::vector<double>{0.8, 1.2}},
                                                         {"start.energy", std::vector<double>{0.11, 0.115}},
                                                         {"dt", 2.0},
                                                         {"steps", std::int64_t{500}}});
  const double room = simulation.nominal_view().half_width - 0.25 / std::sqrt(std::numbers::pi);
  double reach = 0, side = -1e9;  // side: how far beyond a side of the triangle
  for (std::int64_t id = 0; id < 20; ++id) {
    const Trajectory trajectory = simulation.trajectory(Split::train, id);
    const double lambda = trajectory.parameters[0];
    for (std::size_t t = 0; t < simulation.frames(); ++t) {
      const Reals q = row(trajectory.q, t, 2);
      reach = std::max(reach, std::hypot(q[0], q[1]));
      for (const double angle : {0.0, 1.0, 2.0})
        side = std::max(side, -turned(q, angle * 2 * std::numbers::pi / 3)[1] - 1 / (2 * lambda));
    }
  }
  CHECK(side < 0);
  CHECK(reach <= room);
  CHECK(reach >= 0.9 * room);
  // The corner that the energy reaches: r^2 / 2 - lambda r^3 / 3 = E.
  CHECK(relative_error(room * room / 2 - 1.2 * room * room * room / 3, 0.115) <= 1e-12);
}

TEST_CASE("stars start evenly on the energy surface") {
  const double energy = 0.15;
  const auto simulation =
      simulation_of("henon_heiles", {{"start.energy", std::vector<double>{energy, energy}}});
  const auto potential = [](double x, double y) { return (x * x + y * y) / 2 + x * x * y - y * y * y / 3; };
  // Areas where V <= energy within the triangle, in all and above y = 0.2, on a fine grid.
  double area = 0, above = 0, close = 0;
  for (double x = -0.8995; x < 0.9; x += 1e-3)
    for (double y = -0.4995; y < 1; y += 1e-3)
      if (potential(x, y) <= energy && std::sqrt(3.0) * std::abs(x) < 1 - y) {
        area += 1;
        above += y > 0.2;
        close += std::hypot(x, y) < 0.4;
      }
  constexpr int draws = 20'000;
  double worst = 0, starts_above = 0, starts_close = 0, cosine = 0, cosine_2 = 0;
  for (std::uint64_t id = 0; id < draws; ++id) {
    const Start start = start_of(simulation, id);
    worst = std::max(worst,
                     relative_error(simulation.system().energy(start.parameters, start.q, start.p), energy));
    starts_above += start.q[1] > 0.2;
    starts_close += std::hypot(start.q[0], start.q[1]) < 0.4;
    const double p = std::hypot(start.p[0], start.p[1]);
    cosine += start.p[0] / p / draws;
    cosine_2 += (start.p[0] * start.p[0] - start.p[1] * start.p[1]) / (p * p) / draws;
  }
  const double five_deviations = 5 * 0.5 / std::sqrt(draws);
  CHECK(worst <= 1e-14);
  CHECK(std::abs(starts_above / draws - above / area) <= five_deviations);
  CHECK(std::abs(starts_close / draws - close / area) <= five_deviations);
  CHECK(std::abs(cosine) <= 2 * five_deviations);
  CHECK(std::abs(cosine_2) <= 2 * five_deviations);
}

TEST_CASE("the star's energy is even over its range, which ends below the energy of escape") {
  const auto simulation = simulation_of("henon_heiles");
  double smallest = 1, largest = 0, mean = 0;
  for (std::uint64_t id = 0; id < 4000; ++id) {
    const Start start = start_of(simulation, id);
    const double e = simulation.system().energy(start.parameters, start.q, start.p);
    smallest = std::min(smallest, e);
    largest = std::max(largest, e);
    mean += e / 4000;
  }
  CHECK(smallest >= 0.08 * (1 - 1e-14));
  CHECK(largest <= 0.16 * (1 + 1e-14));
  CHECK(std::abs(mean - 0.12) <= 5 * 0.08 / std::sqrt(12.0 * 4000));
  CHECK_THROWS_WITH_AS(simulation_of("henon_heiles", {{"start.energy", std::vector<double>{0.1, 0.17}}}),
                       doctest::Contains("energy of escape"), hamgen::schemas::FieldError);
  CHECK_THROWS_AS(simulation_of("henon_heiles", {{"physics.lambda", std::vector<double>{0.5, 1.1}}}),
                  hamgen::schemas::FieldError);
  CHECK_NOTHROW(simulation_of("henon_heiles",
                              {{"physics.lambda", 0.5}, {"start.energy", std::vector<double>{0.1, 0.6}}}));
}
