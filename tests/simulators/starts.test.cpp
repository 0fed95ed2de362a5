// Where trajectories begin: the distributions the paper names, and the readings offered beside them.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "tests/simulators/measures.hpp"
#include "tests/simulators/settings_for.hpp"

using namespace hamgen::simulators;
using namespace hamgen::tests;

namespace {

constexpr std::uint64_t draws = 20'000;

std::vector<Start> starts_of(const Simulation& simulation, std::uint64_t count = draws) {
  std::vector<Start> starts;
  for (std::uint64_t id = 0; id < count; ++id) {
    RandomStream random({.seed = 21, .trajectory = id});
    starts.push_back(simulation.system().draw_start(random));
  }
  return starts;
}

// Distance of a body from the origin.
double distance(Reals q, std::size_t body) {
  return std::hypot(q[2 * body], q[2 * body + 1]);
}

}  // namespace

TEST_CASE("one degree of freedom starts on a circle of uniform radius, or evenly over the annulus") {
  for (const std::string name : {"mass_spring", "pendulum"})
    for (const bool annulus : {false, true}) {
      const double low = 0.4, high = 1.6;
      const auto simulation = simulation_of(name, {{"start.radius", std::vector<double>{low, high}},
                                                   {"start.distribution", annulus ? "annulus" : "circle"}});
      double smallest = 1e9, largest = 0, mean_square = 0, mean_q = 0, mean_p = 0, mean_qq = 0;
      for (const Start& start : starts_of(simulation)) {
        const double r = std::hypot(start.q[0], start.p[0]);
        smallest = std::min(smallest, r);
        largest = std::max(largest, r);
        mean_square += r * r / draws;
        mean_q += start.q[0] / r / draws;
        mean_p += start.p[0] / r / draws;
        mean_qq += start.q[0] * start.q[0] / (r * r) / draws;
      }
      CAPTURE(name);
      CAPTURE(annulus);
      CHECK(smallest >= low * (1 - 1e-15));
      CHECK(largest <= high * (1 + 1e-15));
      CHECK(smallest < low + 0.01);
      CHECK(largest > high - 0.01);
      // E r^2 of r ~ U(a, b) is (b^3 - a^3) / 3 (b - a); of an even annulus (a^2 + b^2) / 2.
      const double expected = annulus ? (low * low + high * high) / 2
                                      : (high * high * high - low * low * low) / (3 * (high - low));
      CHECK(relative_error(mean_square, expected) <= 0.025);
      CHECK(std::abs(mean_q) <= 0.025);  // five standard deviations
      CHECK(std::abs(mean_p) <= 0.025);
      CHECK(std::abs(mean_qq - 0.5) <= 0.0125);
    }
}

TEST_CASE("bodies start evenly on a circle of the radius asked for, about their resting centre") {
  for (const std::string name : {"two_body", "three_body", "n_body"}) {
    CAPTURE(name);
    const double low = 0.7, high = 1.3;
    const auto simulation = simulation_of(name, {{"start.radius", std::vector<double>{low, high}}});
    const std::size_t bodies = simulation.dimension() / 2;
    double smallest = 1e9, largest = 0, mean_radius = 0, unequal = 0, uneven = 0;
    for (const Start& start : starts_of(simulation, 5000)) {
      const double r = distance(start.q, 0);
      smallest = std::min(smallest, r);
      largest = std::max(largest, r);
      mean_radius += r / 5000;
      const double side = 2 * r * std::sin(std::acos(-1.0) / static_cast<double>(bodies));
      for (std::size_t body = 0; body < bodies; ++body) {
        const std::size_t next = (body + 1) % bodies;
        unequal = std::max(unequal, std::abs(distance(start.q, body) - r));
        const double gap =
            std::hypot(start.q[2 * next] - start.q[2 * body], start.q[2 * next + 1] - start.q[2 * body + 1]);
        uneven = std::max(uneven, std::abs(gap - side));
      }
    }
    CHECK(smallest >= low * (1 - 1e-12));
    CHECK(largest <= high * (1 + 1e-12));
    CHECK(relative_error(mean_radius, (low + high) / 2) <= 0.0125);
    CHECK(unequal <= 1e-14);
    CHECK(uneven <= 1e-14);
  }
}

TEST_CASE("the pair stays antisymmetric: total momentum and centre of mass rest at the origin") {
  for (const std::vector<double>& m : {std::vector<double>{1, 1}, std::vector<double>{2, 0.5}}) {
    const auto simulation =
        simulation_of("two_body", {{"physics.masses", m}, {"start.velocity_spread", 0.3}});
    for (const Start& start : starts_of(simulation, 200))
      for (const std::size_t axis : {0, 1}) {
        CHECK(std::abs(start.p[axis] + start.p[axis + 2]) <= 1e-15);
        CHECK(std::abs(m[0] * start.q[axis] + m[1] * start.q[axis + 2]) <= 1e-15);
      }
  }
}

TEST_CASE("without velocity spread the orbits are circles") {
  const std::vector<std::pair<std::string, std::vector<double>>> circular{{"two_body", {1, 1}},
                                                                          {"two_body", {2, 0.5}},
                                                                          {"three_body", {1, 1, 1}},
                                                                          {"three_body", {1.2, 0.5, 0.8}},
                                                                          {"n_body", {1, 1, 1, 1}}};
  for (const auto& [name, masses] : circular) {
    const auto simulation = simulation_of(name, {{"physics.masses", masses}, {"start.velocity_spread", 0.0}});
    double worst = 0;
    for (std::int64_t id = 0; id < 50; ++id) {
      const Trajectory trajectory = simulation.trajectory(Split::train, id);
      const std::size_t d = simulation.dimension();
      for (std::size_t t = 0; t < simulation.frames(); ++t)
        for (std::size_t body = 0; body < masses.size(); ++body)
          worst = std::max(worst, std::abs(distance(row(trajectory.q, t, d), body) -
                                           distance(row(trajectory.q, 0, d), body)));
    }
    CAPTURE(name);
    CHECK(worst <= 1e-11);
  }
}

TEST_CASE("velocity spread multiplies each component of the circular orbit by 1 + nu U(-1, 1)") {
  const double nu = 0.2;
  const auto circular = simulation_of("three_body", {{"start.velocity_spread", 0.0}});
  const auto spread = simulation_of("three_body", {{"start.velocity_spread", nu}});
  const auto before = starts_of(circular, 2000), after = starts_of(spread, 2000);
  double smallest = 1e9, largest = -1e9, mean = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    CHECK(before[i].q == after[i].q);
    for (std::size_t k = 0; k < 6; ++k) {
      const double factor = after[i].p[k] / before[i].p[k];
      smallest = std::min(smallest, factor);
      largest = std::max(largest, factor);
      mean += factor / static_cast<double>(6 * before.size());
    }
  }
  CHECK(smallest >= 1 - nu - 1e-12);
  CHECK(smallest < 1 - 0.99 * nu);
  CHECK(largest <= 1 + nu + 1e-12);
  CHECK(largest > 1 + 0.99 * nu);
  CHECK(std::abs(mean - 1) < 0.006);  // five standard deviations
}

TEST_CASE("the sense of rotation is the one asked for, either with even odds by default") {
  for (const std::string name : {"two_body", "three_body", "n_body"}) {
    const auto counterclockwise = [&](const char* direction) {
      const auto simulation = simulation_of(name, {{"start.direction", direction}});
      int count = 0;
      for (const Start& start : starts_of(simulation, 2000)) count += angular_momentum(start.q, start.p) > 0;
      return count;
    };
    CAPTURE(name);
    CHECK(counterclockwise("counterclockwise") == 2000);
    CHECK(counterclockwise("clockwise") == 0);
    CHECK(std::abs(counterclockwise("both") - 1000) <= 112);  // five standard deviations
  }
}
