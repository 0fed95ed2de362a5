// The solver against closed forms: harmonic oscillation, Jacobi elliptic functions, Kepler's equation.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "tests/simulators/closed_forms.hpp"
#include "tests/simulators/measures.hpp"
#include "tests/simulators/settings_for.hpp"

using namespace hamgen::simulators;
using namespace hamgen::tests;

namespace {

struct Worst {
  double q = 0, p = 0;
};

// The largest error of default trajectories with one degree of freedom against exact(parameters, start, t).
template <class Exact>
Worst worst_error(const Simulation& simulation, std::int64_t trajectories, Exact exact) {
  Worst worst;
  for (std::int64_t id = 0; id < trajectories; ++id) {
    const Trajectory trajectory = simulation.trajectory(Split::train, id);
    for (std::size_t t = 0; t < simulation.frames(); ++t) {
      const Phase expected =
          exact(trajectory.parameters, Phase{trajectory.q[0], trajectory.p[0]}, simulation.times()[t]);
      // Angles that turn grow without bound, and the solver's tolerance is relative.
      worst.q =
          std::max(worst.q, std::abs(trajectory.q[t] - expected.q) / std::max(1.0, std::abs(expected.q)));
      worst.p = std::max(worst.p, std::abs(trajectory.p[t] - expected.p));
    }
  }
  return worst;
}

Phase exact_pendulum(Reals c, Phase start, double t) {
  const double mass = c[0], gravity = c[1], length = c[2], factor = c[3];
  return pendulum_at(factor * gravity / length, mass * length * length, start, t);
}

}  // namespace

TEST_CASE("mass and spring follow the harmonic oscillation") {
  for (const Overrides& overrides :
       {Overrides{}, Overrides{{"physics.mass", 1.7}, {"physics.stiffness", 0.3}}}) {
    const Worst worst =
        worst_error(simulation_of("mass_spring", overrides), 200,
                    [](Reals c, Phase start, double t) { return spring_at(c[0], c[1], start, t); });
    CHECK(worst.q <= 1e-12);
    CHECK(worst.p <= 1e-12);
  }
}

TEST_CASE("the pendulum follows Jacobi's elliptic functions, swinging or turning over the top") {
  for (const double factor : {1.0, 2.0}) {
    CAPTURE(factor);
    const auto simulation = simulation_of("pendulum", {{"physics.potential_factor", factor}});
    const Worst worst = worst_error(simulation, 200, exact_pendulum);
    CHECK(worst.q <= 1e-11);
    CHECK(worst.p <= 1e-11);

    const auto fast = simulation_of("pendulum", {{"physics.potential_factor", factor},
                                                 {"physics.length", 0.8},
                                                 {"physics.mass", 0.7},
                                                 {"start.radius", std::vector<double>{3.5, 7.0}}});
    const Worst worst_fast = worst_error(fast, 200, exact_pendulum);
    CHECK(worst_fast.q <= 1e-11);
    CHECK(worst_fast.p <= 1e-11);
  }
}

TEST_CASE("the pendulum's starts are what the paper's reading says: all librate, or a third rotates") {
  const auto rotating = [](double factor) {
    const auto simulation = simulation_of("pendulum", {{"physics.potential_factor", factor}});
    int count = 0;
    for (std::int64_t id = 0; id < 1000; ++id) {
      RandomStream random({.seed = 1, .trajectory = static_cast<std::uint64_t>(id)});
      const Start start = simulation.system().draw_start(random);
      const double top = 2 * factor * 0.5 * 3.0 * 1.0;  // 2 f m g l, the energy at rest upside down
      count += simulation.system().energy(start.parameters, start.q, start.p) > top;
    }
    return count;
  };
  CHECK(rotating(2) == 0);
  CHECK(rotating(1) > 250);
  CHECK(rotating(1) < 420);
}

TEST_CASE("two bodies follow Kepler's ellipses, equal masses or not, for two periods") {
  for (const double eccentricity : {0.0, 0.3, 0.6, 0.9})
    for (const double m2 : {1.0, 0.2}) {
      const KeplerOrbit orbit{.m1 = 1,
                              .m2 = m2,
                              .g = 1.3,
                              .semi_major = 1.1,
                              .eccentricity = eccentricity,
                              .orientation = 0.7,
                              .anomaly = 2.0};
      const auto simulation =
          simulation_of("n_body", {{"physics.masses", std::vector<double>{orbit.m1, orbit.m2}}});
      const auto times = even_times(0, 2 * orbit.period(), 60);
      const auto [q0, p0] = orbit.at(0);
      const Orbit solved =
          integrate(simulation.system(), std::vector{orbit.g, orbit.m1, orbit.m2}, q0, p0, times, {});
      double worst_q = 0, worst_p = 0;
      for (std::size_t t = 0; t < times.size(); ++t) {
        const auto [q, p] = orbit.at(times[t]);
        worst_q = std::max(worst_q, max_difference(row(solved.q, t, 4), q));
        worst_p = std::max(worst_p, max_difference(row(solved.p, t, 4), p));
      }
      CAPTURE(eccentricity);
      CAPTURE(m2);
      CHECK(worst_q <= 1e-10);
      CHECK(worst_p <= 1e-9);  // at the pericentre the momentum turns fast
    }
}
