// The double pendulum against its Lagrangian in forty digits, its normal modes, and its starts.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "tests/simulators/measures.hpp"
#include "tests/simulators/precise.hpp"
#include "tests/simulators/settings_for.hpp"

using namespace hamgen::simulators;
using namespace hamgen::tests;

namespace {

const Overrides varied{{"physics.mass", std::vector<double>{0.4, 0.6}},
                       {"physics.length", std::vector<double>{0.75, 1.0}},
                       {"physics.gravity", std::vector<double>{2.5, 4.0}}};

// The Lagrangian side, in angles and angular velocities: L = T - V with
//   T = (m1 + m2) l1^2 w1^2 / 2 + m2 l2^2 w2^2 / 2 + m2 l1 l2 w1 w2 cos(q1 - q2).
struct Lagrangian {
  Precise m1, m2, l1, l2, g;

  explicit Lagrangian(Reals c) : m1(c[0]), m2(c[1]), l1(c[2]), l2(c[3]), g(c[4]) {}

  // The inverse of p = dL/dw: (q, w) of a start.
  PreciseState state_of(Reals q, Reals p) const {
    const PreciseState angle = precise(q);
    const Precise a = (m1 + m2) * l1 * l1, b = m2 * l1 * l2 * cos(angle[0] - angle[1]), d = m2 * l2 * l2;
    const Precise det = a * d - b * b;
    return {angle[0], angle[1], (d * p[0] - b * p[1]) / det, (a * p[1] - b * p[0]) / det};
  }
  PreciseState momenta(const PreciseState& x) const {
    const Precise b = m2 * l1 * l2 * cos(x[0] - x[1]);
    return {(m1 + m2) * l1 * l1 * x[2] + b * x[3], b * x[2] + m2 * l2 * l2 * x[3]};
  }
  // Euler and Lagrange, solved for the accelerations.
  PreciseState operator()(const PreciseState& x) const {
    const Precise c = cos(x[0] - x[1]), s = sin(x[0] - x[1]), total = m1 + m2;
    const Precise f1 = -m2 * l2 * x[3] * x[3] * s - total * g * sin(x[0]);  // total l1 w1' + m2 l2 c w2' = f1
    const Precise f2 = l1 * x[2] * x[2] * s - g * sin(x[1]);                // l1 c w1' + l2 w2' = f2
    const Precise det = l1 * l2 * (total - m2 * c * c);
    return {x[2], x[3], (l2 * f1 - m2 * l2 * c * f2) / det, (total * l1 * f2 - l1 * c * f1) / det};
  }
};

}  // namespace

TEST_CASE("the double pendulum follows its Lagrangian, integrated by another method in forty digits") {
  const auto simulation = simulation_of("double_pendulum", varied);
  double worst_q = 0, worst_p = 0;
  for (std::int64_t id = 0; id < 3; ++id) {
    const Trajectory trajectory = simulation.trajectory(Split::train, id);
    const Lagrangian reference(trajectory.parameters);
    PreciseState x = reference.state_of(row(trajectory.q, 0, 2), row(trajectory.p, 0, 2));
    for (std::size_t t = 1; t < simulation.frames(); ++t) {
      x = precise_flow(reference, x, simulation.times()[t] - simulation.times()[t - 1]);
      worst_q = std::max(worst_q, max_difference(row(trajectory.q, t, 2), rounded({x[0], x[1]})));
      worst_p = std::max(worst_p, max_difference(row(trajectory.p, t, 2), rounded(reference.momenta(x))));
    }
  }
  CAPTURE(worst_q);
  CAPTURE(worst_p);
  CHECK(worst_q <= 1e-10);  // tolerance 1e-13 per step, and neighbouring orbits part
  CHECK(worst_p <= 1e-10);
}

// det(K - w^2 M) = 0 of the linear equations:
//   m1 l1 l2 w^4 - (m1 + m2) g (l1 + l2) w^2 + (m1 + m2) g^2 = 0.
TEST_CASE("small swings of the double pendulum are its two normal modes") {
  const double m1 = 0.6, m2 = 0.4, l1 = 0.8, l2 = 1.1, g = 3.3, total = m1 + m2, amplitude = 1e-6;
  const auto simulation = simulation_of("double_pendulum");
  const double half = total * g * (l1 + l2) / (2 * m1 * l1 * l2), product = total * g * g / (m1 * l1 * l2);
  for (const double sign : {-1.0, 1.0}) {
    const double w2 = half + sign * std::sqrt(half * half - product), w = std::sqrt(w2);
    // First row of K q = w^2 M q.
    const std::vector<double> shape{1.0, (total * g - w2 * total * l1) / (w2 * m2 * l2)};
    const std::vector<double> c{m1, m2, l1, l2, g};
    const std::vector<double> q0{amplitude * shape[0], amplitude * shape[1]}, p0{0, 0};
    const auto times = even_times(0, 10, 40);
    const Orbit orbit = integrate(simulation.system(), c, q0, p0, times, {.absolute_tolerance = 1e-20});
    double worst = 0;
    for (std::size_t t = 0; t < times.size(); ++t)
      for (const std::size_t k : {0, 1}) {
        const double expected = q0[k] * std::cos(w * times[t]);
        worst = std::max(worst, std::abs(orbit.q[2 * t + k] - expected) / amplitude);
      }
    CAPTURE(sign);
    CHECK(worst <= 1e-9);  // the next order is amplitude^2 w t
    // No digits are lost at the bottom: the quadratic form to 1e-11, where 1 - cos q would keep four.
    const double quadratic = (total * g * l1 * q0[0] * q0[0] + m2 * g * l2 * q0[1] * q0[1]) / 2;
    CHECK(relative_error(simulation.system().energy(c, q0, p0), quadratic) <= 1e-11);
  }
}

TEST_CASE("without gravity the double pendulum keeps its angular momentum p_1 + p_2") {
  const auto simulation = simulation_of("double_pendulum", varied);
  for (std::int64_t id = 0; id < 20; ++id) {
    const Trajectory trajectory = simulation.trajectory(Split::train, id);
    std::vector<double> c = trajectory.parameters;
    c[4] = 0;
    const Orbit orbit = integrate(simulation.system(), c, row(trajectory.q, 0, 2), row(trajectory.p, 0, 2),
                                  simulation.times(), {});
    double worst = 0;
    for (std::size_t t = 0; t < simulation.frames(); ++t)
      worst = std::max(worst, std::abs(orbit.p[2 * t] + orbit.p[2 * t + 1] - orbit.p[0] - orbit.p[1]));
    CHECK(worst <= 1e-12);
  }
}

TEST_CASE("the energy is the kinetic energy of the two bobs, as they move in the picture, and their height") {
  const auto simulation = simulation_of("double_pendulum", varied);
  const System& system = simulation.system();
  for (std::uint64_t id = 0; id < 20; ++id) {
    RandomStream random({.seed = 6, .trajectory = id});
    const Start start = system.draw_start(random);
    const Reals c = start.parameters;
    std::vector<double> rate(2);
    system.dH_dp(c, start.q, start.p, rate);
    constexpr double h = 1e-3;
    const auto bobs = [&](double time) {
      Scene scene;
      system.show(c, std::vector{start.q[0] + time * rate[0], start.q[1] + time * rate[1]}, {}, scene);
      return scene.discs;
    };
    double energy = c[4] * ((c[0] + c[1]) * c[2] + c[1] * c[3]);  // heights are measured from the bottom
    for (const std::size_t bob : {0, 1}) {
      const auto velocity = [&](auto coordinate) {
        const auto at = [&](double time) { return coordinate(bobs(time)[bob]); };
        return (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
      };
      const double vx = velocity([](const Disc& disc) { return disc.x; });
      const double vy = velocity([](const Disc& disc) { return disc.y; });
      energy += c[bob] * ((vx * vx + vy * vy) / 2 + c[4] * bobs(0)[bob].y);
    }
    CHECK(relative_error(system.energy(c, start.q, start.p), energy) <= 1e-7);
  }
}

TEST_CASE("each link of the double pendulum has its own mass, length and start") {
  const auto simulation = simulation_of("double_pendulum", varied);
  const auto labels = simulation.system().parameter_labels();
  REQUIRE(labels.size() == 5);
  CHECK(labels[0].name == "mass_1");
  CHECK(labels[4].name == "gravity");
  const std::vector<std::pair<double, double>> bounds{
      {0.4, 0.6}, {0.4, 0.6}, {0.75, 1.0}, {0.75, 1.0}, {2.5, 4.0}};
  constexpr int draws = 4000;
  std::vector<double> mean(5);
  double cosine = 0;  // of the angle between both pairs in phase space
  for (std::uint64_t id = 0; id < draws; ++id) {
    RandomStream random({.seed = 8, .trajectory = id});
    const Start start = simulation.system().draw_start(random);
    for (std::size_t k = 0; k < 5; ++k) {
      CHECK(start.parameters[k] >= bounds[k].first);
      CHECK(start.parameters[k] < bounds[k].second);
      mean[k] += start.parameters[k] / draws;
    }
    CHECK(start.parameters[0] != start.parameters[1]);
    CHECK(start.parameters[2] != start.parameters[3]);
    const double r1 = std::hypot(start.q[0], start.p[0]), r2 = std::hypot(start.q[1], start.p[1]);
    CHECK(std::min(r1, r2) >= 1.3 * (1 - 1e-15));
    CHECK(std::max(r1, r2) <= 2.3 * (1 + 1e-15));
    CHECK(r1 != r2);
    cosine += (start.q[0] * start.q[1] + start.p[0] * start.p[1]) / (r1 * r2) / draws;
  }
  for (std::size_t k = 0; k < 5; ++k) {
    const auto [low, high] = bounds[k];
    CHECK(std::abs(mean[k] - (low + high) / 2) <= 5 * (high - low) / std::sqrt(12.0 * draws));
  }
  CHECK(std::abs(cosine) <= 5 / std::sqrt(2.0 * draws));
  CHECK_THROWS_AS(simulation_of("double_pendulum", {{"physics.mass", 0.0}}), hamgen::schemas::FieldError);
}
