// What every system can have: constants from ranges, friction, hues, a shifted view.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "tests/simulators/measures.hpp"
#include "tests/simulators/settings_for.hpp"

using namespace hamgen::simulators;
using namespace hamgen::tests;
using hamgen::schemas::FieldError;

namespace {

using Numbers = std::vector<double>;

// q'' + (c / m) q' + (k / m) q = 0, below critical damping.
std::pair<double, double> damped(double m, double k, double c, double q0, double p0, double t) {
  const double decay = c / (2 * m), frequency = std::sqrt(k / m - decay * decay);
  const double a = q0, b = (p0 / m + decay * q0) / frequency;
  const double cosine = std::cos(frequency * t), sine = std::sin(frequency * t), fall = std::exp(-decay * t);
  const double q = fall * (a * cosine + b * sine);
  const double v = fall * ((b * frequency - decay * a) * cosine - (a * frequency + decay * b) * sine);
  return {q, m * v};
}

}  // namespace

TEST_CASE("friction: the damped oscillation, and an energy balance that closes") {
  const auto simulation = simulation_of("mass_spring", {{"physics.friction", 0.3}});
  double worst = 0, worst_rate = 0;
  for (std::int64_t id = 0; id < 50; ++id) {
    const Trajectory trajectory = simulation.trajectory(Split::train, id);
    const double m = trajectory.parameters[0], k = trajectory.parameters[1];
    REQUIRE(trajectory.energy_lost.size() == simulation.frames());
    CHECK(trajectory.energy_lost.front() == 0);
    CHECK(std::ranges::is_sorted(trajectory.energy_lost));
    CHECK(trajectory.energy.back() < 0.5 * trajectory.energy.front());
    CHECK(trajectory.energy_drift <= 1e-11);
    for (std::size_t t = 0; t < simulation.frames(); ++t) {
      const auto [q, p] = damped(m, k, 0.3, trajectory.q[0], trajectory.p[0], simulation.times()[t]);
      worst = std::max({worst, std::abs(trajectory.q[t] - q), std::abs(trajectory.p[t] - p)});
      worst_rate = std::max(
          worst_rate, std::abs(trajectory.dp_dt[t] -
                               (-k * trajectory.q[t] - 0.3 * trajectory.p[t] / trajectory.parameters[0])));
    }
  }
  CHECK(worst <= 1e-12);
  CHECK(worst_rate <= 1e-15);
}

TEST_CASE("friction: every mechanical system loses energy, none gains") {
  for (const char* name : {"pendulum", "two_body", "n_body"}) {
    CAPTURE(name);
    const auto simulation = simulation_of(name, {{"physics.friction", 0.05}, {"noise.std", 0.0}});
    const Trajectory trajectory = simulation.trajectory(Split::train, 0);
    CHECK(trajectory.energy_drift <= 1e-11);
    CHECK(std::ranges::is_sorted(trajectory.energy, std::greater<>()));
    CHECK(trajectory.energy.front() - trajectory.energy.back() > 1e-3);
  }
}

TEST_CASE("friction: no motion is reversible, and where it makes no sense it is refused") {
  CHECK_FALSE(simulation_of("pendulum", {{"physics.friction", 0.1}}).is_reversible());
  for (const char* name : {"rigid_pendulum_3d", "matching_pennies", "rock_paper_scissors"})
    CHECK_THROWS_WITH_AS(simulation_of(name, {{"physics.friction", 0.1}}),
                         doctest::Contains("physics.friction = 0.1 is not allowed"), FieldError);
}

TEST_CASE("friction is refused where the method is symplectic") {
  CHECK_THROWS_WITH_AS(
      simulation_of("pendulum", {{"physics.friction", 0.1}, {"integrator.method", "leapfrog"}}),
      doctest::Contains("knows no friction"), FieldError);
}

TEST_CASE("constants from a range: uniform, drawn for each trajectory and body, stored, and used") {
  const auto simulation = simulation_of("two_body", {{"physics.mass_factor", Numbers{0.5, 1.5}},
                                                     {"physics.gravity", Numbers{0.5, 1.5}},
                                                     {"steps", std::int64_t{2}}});
  const std::int64_t count = 2000;
  Numbers mean(3), square(3);
  double product = 0;
  for (std::int64_t id = 0; id < count; ++id) {
    const Trajectory trajectory = simulation.trajectory(Split::train, id);
    const Numbers& c = trajectory.parameters;
    REQUIRE(c.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK(c[i] >= 0.5);
      CHECK(c[i] <= 1.5);
      mean[i] += c[i] / count;
      square[i] += c[i] * c[i] / count;
    }
    product += c[1] * c[2] / count;
    const double distance = std::hypot(trajectory.q[2] - trajectory.q[0], trajectory.q[3] - trajectory.q[1]);
    const double kinetic =
        (trajectory.p[0] * trajectory.p[0] + trajectory.p[1] * trajectory.p[1]) / 2 * (1 / c[1] + 1 / c[2]);
    CHECK(relative_error(trajectory.energy[0], kinetic - c[0] * c[1] * c[2] / distance) <= 1e-12);
    CHECK(std::abs(trajectory.p[0] + trajectory.p[2]) <= 1e-12);  // the centre of mass rests
  }
  const double tolerance = 5 * std::sqrt(1 / 12.0 / count);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(std::abs(mean[i] - 1) <= tolerance);
    CHECK(std::abs(square[i] - 13 / 12.0) <= 3 * tolerance);
  }
  CHECK(std::abs(product - 1) <= 3 * tolerance);
}

TEST_CASE("one number for all is the same dataset as ever, and [x, x] as well") {
  const Trajectory one = simulation_of("pendulum", {{"physics.mass", 0.7}}).trajectory(Split::train, 3);
  const Trajectory pair =
      simulation_of("pendulum", {{"physics.mass", Numbers{0.7, 0.7}}}).trajectory(Split::train, 3);
  CHECK(one.q == pair.q);
  CHECK(one.parameters == pair.parameters);
  CHECK_THROWS_WITH_AS(
      simulation_of("pendulum", {{"physics.mass", Numbers{1.0, 0.5}}}),
      doctest::Contains("physics.mass = [1, 0.5] is not allowed: expected a number > 0, or a pair"),
      FieldError);
}

TEST_CASE("hues: one of n for each body, stored behind the constants, and painted") {
  const auto simulation = simulation_of("three_body", {{"look.hues", std::int64_t{4}}});
  REQUIRE(simulation.parameter_labels().size() == 7);
  CHECK(simulation.parameter_labels()[4].name == "hue_1");
  std::set<double> seen;
  Scene scene;
  bool differ_within = false;
  for (std::int64_t id = 0; id < 50; ++id) {
    const Trajectory trajectory = simulation.trajectory(Split::train, id);
    REQUIRE(trajectory.parameters.size() == 7);
    CHECK(simulation.constants(trajectory.parameters).size() == 4);
    simulation.show(trajectory.parameters, row(trajectory.q, 0, 6), row(trajectory.p, 0, 6), scene);
    for (std::size_t body = 0; body < 3; ++body) {
      seen.insert(trajectory.parameters[4 + body]);
      CHECK(scene.discs[body].color == color_of_hue(trajectory.parameters[4 + body]));
    }
    differ_within |= trajectory.parameters[4] != trajectory.parameters[5];
  }
  CHECK(seen == std::set<double>{0, 0.25, 0.5, 0.75});
  CHECK(differ_within);
  // The motion does not depend on them.
  CHECK(simulation.trajectory(Split::train, 7).q ==
        simulation_of("three_body").trajectory(Split::train, 7).q);
}

TEST_CASE("hues go around the circle: red, green, blue, and back") {
  const auto near = [](const Color& a, const Color& b) {
    return std::max({std::abs(a[0] - b[0]), std::abs(a[1] - b[1]), std::abs(a[2] - b[2])}) <= 1e-12;
  };
  const double high = 0.95, low = 0.95 * 0.35;
  CHECK(near(color_of_hue(0), {high, low, low}));
  CHECK(near(color_of_hue(1 / 3.0), {low, high, low}));
  CHECK(near(color_of_hue(2 / 3.0), {low, low, high}));
  CHECK(near(color_of_hue(1 / 6.0), {high, high, low}));
  CHECK(near(color_of_hue(1 - 1e-15), color_of_hue(0)));
}

TEST_CASE("a shifted view widens by its shift, so that nothing leaves it") {
  const auto still = simulation_of("pendulum"), shifted = simulation_of("pendulum", {{"view.offset", 0.5}});
  CHECK(shifted.nominal_view().half_width == still.nominal_view().half_width + 0.5);
}
