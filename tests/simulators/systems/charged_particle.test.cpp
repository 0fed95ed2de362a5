// The charged particle against its two circular motions, its invariants, and what its momentum is.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>

#include "tests/simulators/measures.hpp"
#include "tests/simulators/settings_for.hpp"

using namespace hamgen::simulators;
using namespace hamgen::tests;

namespace {

using Complex = std::complex<double>;

const Overrides varied{{"physics.mass", std::vector<double>{0.05, 0.2}},
                       {"physics.charge", std::vector<double>{0.5, 1.5}},
                       {"physics.field", std::vector<double>{-1.0, 1.0}},
                       {"physics.stiffness", std::vector<double>{0.2, 0.6}}};

// Position and velocity as complex numbers: z'' = -i w z' - (k / m) z, by Lorentz's force.
struct Motion {
  Complex z, v;
};

Motion motion_at(Reals c, Motion start, double t) {
  const double w = c[1] * c[2] / c[0], root = std::sqrt(w * w / 4 + c[3] / c[0]);
  const double fast = -w / 2 + root, slow = -w / 2 - root;
  const Complex i(0, 1);
  const Complex a = (-i * start.v - slow * start.z) / (fast - slow), b = start.z - a;
  const Complex ahead = a * std::exp(i * fast * t), behind = b * std::exp(i * slow * t);
  return {ahead + behind, i * fast * ahead + i * slow * behind};
}

// The kinetic momentum is p - e A with A = B (-y, x) / 2 = i B z / 2.
Motion motion_of(Reals c, Reals q, Reals p) {
  const Complex z(q[0], q[1]);
  return {z, (Complex(p[0], p[1]) - c[1] * c[2] / 2 * Complex(0, 1) * z) / c[0]};
}

double worst_error(const Simulation& simulation, std::int64_t trajectories) {
  double worst = 0;
  for (std::int64_t id = 0; id < trajectories; ++id) {
    const Trajectory trajectory = simulation.trajectory(Split::train, id);
    const Reals c = trajectory.parameters;
    const Motion start = motion_of(c, row(trajectory.q, 0, 2), row(trajectory.p, 0, 2));
    for (std::size_t t = 0; t < simulation.frames(); ++t) {
      const Motion exact = motion_at(c, start, simulation.times()[t]);
      const Motion found = motion_of(c, row(trajectory.q, t, 2), row(trajectory.p, t, 2));
      worst = std::max({worst, std::abs(found.z - exact.z), std::abs(found.v - exact.v)});
    }
  }
  return worst;
}

}  // namespace

TEST_CASE("a charge in a field and a trap moves on the sum of two circles") {
  CHECK(worst_error(simulation_of("charged_particle", varied), 100) <= 2e-11);
}

TEST_CASE("without a trap a charge goes round one circle, clockwise for positive charge and field") {
  const auto simulation =
      simulation_of("charged_particle", {{"physics.stiffness", 0.0}, {"physics.field", 0.5}});
  CHECK(worst_error(simulation, 50) <= 2e-11);
  const System& system = simulation.system();
  for (std::uint64_t id = 0; id < 20; ++id) {
    RandomStream random({.seed = 2, .trajectory = id});
    const Start start = system.draw_start(random);
    const Motion motion = motion_of(start.parameters, start.q, start.p);
    const double w = 5;                                          // e B / m
    const Complex centre = motion.z + motion.v / Complex(0, w);  // z' = -i w (z - centre)
    const auto times = even_times(0, 2 * std::numbers::pi / w, 12);
    const Orbit orbit = integrate(system, start.parameters, start.q, start.p, times, {});
    double worst = 0;
    for (std::size_t t = 0; t < times.size(); ++t) {
      const Complex expected = centre + (motion.z - centre) * std::polar(1.0, -w * times[t]);
      worst = std::max(worst, std::abs(Complex(orbit.q[2 * t], orbit.q[2 * t + 1]) - expected));
    }
    CHECK(worst <= 1e-11);
    CHECK(std::abs(std::abs(motion.z - centre) - std::abs(motion.v) / w) <= 1e-14);  // Larmor's radius
  }
}

TEST_CASE("the canonical angular momentum is conserved, that of m v is not") {
  const auto simulation = simulation_of("charged_particle", varied);
  double canonical = 0, kinetic = 0;
  for (std::int64_t id = 0; id < 100; ++id) {
    const Trajectory trajectory = simulation.trajectory(Split::train, id);
    const auto change = [&](const std::vector<double>& momentum, std::size_t t, double mass) {
      return mass * std::abs(angular_momentum(row(trajectory.q, t, 2), row(momentum, t, 2)) -
                             angular_momentum(row(trajectory.q, 0, 2), row(momentum, 0, 2)));
    };
    for (std::size_t t = 0; t < simulation.frames(); ++t) {
      canonical = std::max(canonical, change(trajectory.p, t, 1));
      kinetic = std::max(kinetic, change(trajectory.dq_dt, t, trajectory.parameters[0]));
    }
  }
  CHECK(canonical <= 1e-12);
  CHECK(kinetic >= 0.1);
}

TEST_CASE("the momentum of a charge is not m v, unless there is no field") {
  const auto difference = [](double field) {
    const auto simulation = simulation_of("charged_particle", {{"physics.field", field}});
    double largest = 0;
    for (std::int64_t id = 0; id < 20; ++id) {
      const Trajectory trajectory = simulation.trajectory(Split::train, id);
      for (std::size_t k = 0; k < trajectory.p.size(); ++k)
        largest = std::max(largest, std::abs(trajectory.p[k] - 0.1 * trajectory.dq_dt[k]));
    }
    return largest;
  };
  CHECK(difference(0) <= 1e-15);
  CHECK(difference(0.4) >= 0.15);
}

TEST_CASE("charges start at the distance and the speed asked for, in any directions") {
  const auto simulation = simulation_of("charged_particle", varied);
  constexpr int draws = 4000;
  double mean_radius = 0, mean_speed = 0, cosine = 0;
  std::vector<double> mean(4);
  for (std::uint64_t id = 0; id < draws; ++id) {
    RandomStream random({.seed = 14, .trajectory = id});
    const Start start = simulation.system().draw_start(random);
    const auto [z, v] = motion_of(start.parameters, start.q, start.p);
    const double r = std::abs(z), speed = std::abs(v);
    CHECK(r >= 0.5 * (1 - 1e-14));
    CHECK(r <= 1.0 * (1 + 1e-14));
    CHECK(speed >= 1.0 * (1 - 1e-12));
    CHECK(speed <= 2.0 * (1 + 1e-12));
    mean_radius += r / draws;
    mean_speed += speed / draws;
    cosine += std::real(z * std::conj(v)) / (r * speed) / draws;
    for (std::size_t k = 0; k < 4; ++k) mean[k] += start.parameters[k] / draws;
  }
  const double deviation = 5 / std::sqrt(12.0 * draws);
  CHECK(std::abs(mean_radius - 0.75) <= 0.5 * deviation);
  CHECK(std::abs(mean_speed - 1.5) <= deviation);
  CHECK(std::abs(cosine) <= 5 / std::sqrt(2.0 * draws));
  CHECK(std::abs(mean[0] - 0.125) <= 0.15 * deviation);
  CHECK(std::abs(mean[1] - 1.0) <= deviation);
  CHECK(std::abs(mean[2]) <= 2 * deviation);
  CHECK(std::abs(mean[3] - 0.4) <= 0.4 * deviation);
}

TEST_CASE("the view holds a charge in a strong field, in a strong trap, in either alone, and is no wider") {
  for (const auto& [field, stiffness] : std::vector<std::pair<double, double>>{
           {0.4, 0.4}, {-0.8, 0.05}, {0.1, 0.8}, {0.0, 0.4}, {-0.3, 0.0}}) {
    const auto simulation =
        simulation_of("charged_particle", {{"physics.field", field},
                                           {"physics.stiffness", stiffness},
                                           {"start.radius", std::vector<double>{0.9, 1.0}},
                                           {"start.speed", std::vector<double>{1.9, 2.0}},
                                           {"steps", std::int64_t{200}}});
    double reach = 0;
    for (std::int64_t id = 0; id < 200; ++id) {
      const Trajectory trajectory = simulation.trajectory(Split::train, id);
      for (std::size_t t = 0; t < simulation.frames(); ++t)
        reach = std::max(reach, std::hypot(trajectory.q[2 * t], trajectory.q[2 * t + 1]));
    }
    const double room = simulation.nominal_view().half_width - std::sqrt(0.1 / std::numbers::pi);
    CAPTURE(field);
    CAPTURE(stiffness);
    CHECK(reach <= room * (1 + 1e-12));
    CHECK(reach >= 0.95 * room);
  }
}

TEST_CASE("a charge that nothing holds is refused") {
  for (const std::vector<double>& field : {std::vector<double>{0.0}, std::vector<double>{-0.2, 0.3}})
    CHECK_THROWS_WITH_AS(
        simulation_of("charged_particle", {{"physics.stiffness", 0.0}, {"physics.field", field}}),
        doctest::Contains("nothing holds"), hamgen::schemas::FieldError);
  CHECK_THROWS_AS(simulation_of("charged_particle", {{"physics.stiffness", std::vector<double>{0.0, 1.0}},
                                                     {"physics.charge", 0.0}}),
                  hamgen::schemas::FieldError);
  CHECK_NOTHROW(simulation_of("charged_particle", {{"physics.stiffness", 0.0}}));
}
