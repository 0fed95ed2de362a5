// What Hamilton's equations conserve: energy, momentum, angular momentum, phase-space volume, the way back.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <tuple>

#include "tests/simulators/measures.hpp"
#include "tests/simulators/settings_for.hpp"

using namespace hamgen::simulators;
using namespace hamgen::tests;

namespace {

Start start_of(const System& system, std::uint64_t trajectory) {
  RandomStream random({.seed = 11, .trajectory = trajectory});
  return system.draw_start(random);
}

std::vector<double> last_row(const std::vector<double>& table, std::size_t d) {
  return {table.end() - static_cast<std::ptrdiff_t>(d), table.end()};
}

// Max |J^T W J - W| for the flow over `time`, J by central differences: 0 if and only if the map is
// symplectic. Positions and momenta are measured by their largest at the start, so that units do not matter.
double symplectic_defect(const System& system, const Start& start, double time,
                         const IntegratorOptions& options) {
  const std::size_t d = system.dimension(), n = 2 * d;
  std::vector<double> x(start.q), units;
  x.insert(x.end(), start.p.begin(), start.p.end());
  for (const auto* half : {&start.q, &start.p}) {
    double largest = 0;
    for (const double value : *half) largest = std::max(largest, std::abs(value));
    units.insert(units.end(), d, largest > 0 ? largest : 1);
  }
  const auto map = [&](std::size_t coordinate, double shift) {
    std::vector<double> shifted = x;
    shifted[coordinate] += shift * units[coordinate];
    const Orbit orbit = integrate(system, start.parameters, row(shifted, 0, d), row(shifted, 1, d),
                                  std::vector<double>{0, time}, options);
    std::vector<double> image = last_row(orbit.q, d);
    const std::vector<double> p = last_row(orbit.p, d);
    image.insert(image.end(), p.begin(), p.end());
    for (std::size_t i = 0; i < n; ++i) image[i] /= units[i];
    return image;
  };
  std::vector<std::vector<double>> columns(n, std::vector<double>(n));
  constexpr double h =
      5e-5;  // of a unit: smaller, and round-off shows; larger, and the differences are too coarse
  for (std::size_t k = 0; k < n; ++k) {
    std::vector<std::vector<double>> images;
    for (int step = -4; step <= 4; ++step) images.push_back(map(k, step * h));
    for (std::size_t i = 0; i < n; ++i) {
      const auto at = [&](double shift) {
        return images[static_cast<std::size_t>(4 + std::lround(shift / h))][i];
      };
      columns[k][i] = central_slope(at, h);
    }
  }
  double defect = 0;
  for (std::size_t a = 0; a < n; ++a)
    for (std::size_t b = 0; b < n; ++b) {
      double form = 0;
      for (std::size_t i = 0; i < d; ++i)
        form += columns[a][i] * columns[b][i + d] - columns[a][i + d] * columns[b][i];
      const double expected = b == a + d ? 1 : a == b + d ? -1 : 0;
      defect = std::max(defect, std::abs(form - expected));
    }
  return defect;
}

}  // namespace

TEST_CASE("every system keeps its energy over a default dataset") {
  for (const auto& descriptor : tested_systems()) {
    const auto simulation = simulation_of(descriptor.name);
    double worst = 0;
    std::uint64_t redraws = 0;
    for (std::int64_t id = 0; id < 1000; ++id) {
      const Trajectory trajectory = simulation.trajectory(Split::train, id);
      redraws += trajectory.redraws;
      // Measured afresh: the stored certificate is not taken at its word.
      const double e0 = trajectory.energy[0];
      for (std::size_t t = 0; t < simulation.frames(); ++t) {
        const std::size_t d = simulation.dimension();
        const double e = simulation.system().energy(trajectory.parameters, row(trajectory.q, t, d),
                                                    row(trajectory.p, t, d));
        worst = std::max(worst, std::abs(e - e0) / std::max(std::abs(e0), 1e-3));
      }
    }
    CAPTURE(descriptor.name);
    CHECK(worst <= 1e-11);
    CHECK(redraws <= 10);
  }
}

// Over a short time, so that no system's own instability drowns the solver: what is left is error, not chaos.
TEST_CASE("every method finds its way back to the start in every system") {
  for (const auto& descriptor : tested_systems()) {
    const auto simulation = simulation_of(descriptor.name);
    const System& system = simulation.system();
    const double time = simulation.times()[8];
    const auto there = even_times(0, time, 8), back = even_times(time, 0, 8);
    for (const auto& solver : solvers()) {
      if (solver.needs_separable && !system.is_separable()) continue;
      CAPTURE(descriptor.name);
      CAPTURE(solver.name);
      const IntegratorOptions options{.method = solver.name, .substeps = 512};
      double worst = 0;
      for (std::uint64_t id = 0; id < 20; ++id) {
        const Start start = start_of(system, id);
        const std::size_t d = system.dimension();
        const Orbit out = integrate(system, start.parameters, start.q, start.p, there, options);
        const Orbit home =
            integrate(system, start.parameters, last_row(out.q, d), last_row(out.p, d), back, options);
        worst = std::max(worst, max_difference(last_row(home.q, d), start.q));
        worst = std::max(worst, max_difference(last_row(home.p, d), start.p));
      }
      CHECK(worst <= 1e-11);
    }
  }
}

// Leapfrog is its own inverse whatever the step: with steps so coarse that the orbit is wrong, the way back
// still is not.
TEST_CASE("leapfrog is time-reversible to round-off with coarse steps, Runge-Kutta is not") {
  const auto simulation = simulation_of("pendulum");
  const System& system = simulation.system();
  using Case = std::tuple<std::string, double, double>;
  for (const auto& [method, low, high] : {Case{"leapfrog", 0, 1e-12}, Case{"rk4", 1e-6, 1e-1}}) {
    double worst = 0;
    const IntegratorOptions options{.method = method, .substeps = 80};  // steps of 1/8
    for (std::uint64_t id = 0; id < 20; ++id) {
      const Start start = start_of(system, id);
      const Orbit out =
          integrate(system, start.parameters, start.q, start.p, std::vector<double>{0, 10}, options);
      const Orbit home = integrate(system, start.parameters, last_row(out.q, 1), last_row(out.p, 1),
                                   std::vector<double>{10, 0}, options);
      worst = std::max(worst, max_difference(last_row(home.q, 1), start.q));
    }
    CAPTURE(method);
    CHECK(worst >= low);
    CHECK(worst <= high);
  }
}

TEST_CASE("leapfrog conserves the symplectic form with coarse steps, Runge-Kutta does not") {
  for (const auto& descriptor : tested_systems()) {
    const auto simulation = simulation_of(descriptor.name);
    if (!simulation.system().is_separable()) continue;
    CAPTURE(descriptor.name);
    const Start start = start_of(simulation.system(), 0);
    const auto defect = [&](const IntegratorOptions& options) {
      return symplectic_defect(simulation.system(), start, simulation.times()[16], options);
    };
    CHECK(defect({.method = "leapfrog", .substeps = 16}) <= 1e-8);
    // The exact flow is symplectic too.
    CHECK(defect({.max_step = simulation.times()[16] / 128}) <= 1e-8);
    const auto runge_kutta = [&] {
      try {
        return defect({.method = "rk4", .substeps = 4});
      } catch (const IntegrationFailure&) {
        return std::numeric_limits<double>::infinity();  // a stiff system: such steps blow it up
      }
    };
    CHECK(runge_kutta() >= 1e-5);
  }
}

TEST_CASE("leapfrog's energy error oscillates and does not grow over a thousand swings") {
  const auto simulation = simulation_of("pendulum");
  const System& system = simulation.system();
  const Start start = start_of(system, 3);
  const auto times = even_times(0, 4000, 40000);
  const auto errors = [&](const char* method) {
    const Orbit orbit =
        integrate(system, start.parameters, start.q, start.p, times, {.method = method, .substeps = 1});
    const double e0 = system.energy(start.parameters, start.q, start.p);
    double early = 0, late = 0;
    for (std::size_t t = 0; t < times.size(); ++t) {
      const double error =
          std::abs(system.energy(start.parameters, row(orbit.q, t, 1), row(orbit.p, t, 1)) - e0);
      double& part = t < times.size() / 10 ? early : late;
      part = std::max(part, error);
    }
    return std::pair{early, late};
  };
  const auto [early, late] = errors("leapfrog");
  CHECK(early > 1e-4);  // there is an error to speak of
  CHECK(late <= 1.01 * early);
  const auto [rk4_early, rk4_late] = errors("rk4");
  CHECK(rk4_late >= 5 * rk4_early);
}

TEST_CASE(
    "bodies under mutual gravity conserve momentum and angular momentum, and their centre moves evenly") {
  for (const std::vector<double>& masses :
       {std::vector<double>{1, 1, 1}, std::vector<double>{2, 0.5, 1, 0.3}, std::vector<double>{1, 0.1}}) {
    const auto simulation = simulation_of(
        "n_body", {{"physics.masses", masses}, {"start.velocity_spread", 0.2}, {"physics.gravity", 0.7}});
    const std::size_t d = simulation.dimension();
    for (std::int64_t id = 0; id < 50; ++id) {
      const Trajectory trajectory = simulation.trajectory(Split::train, id);
      const auto weighted_sum = [&](Reals values, bool by_mass, std::size_t axis) {
        double sum = 0;
        for (std::size_t body = 0; body < masses.size(); ++body)
          sum += (by_mass ? masses[body] : 1) * values[2 * body + axis];
        return sum;
      };
      const double l0 = angular_momentum(row(trajectory.q, 0, d), row(trajectory.p, 0, d));
      double momentum_error = 0, centre_error = 0, angular_error = 0;
      for (std::size_t t = 0; t < simulation.frames(); ++t) {
        const Reals q = row(trajectory.q, t, d), p = row(trajectory.p, t, d);
        for (const std::size_t axis : {0, 1}) {
          const double p0 = weighted_sum(row(trajectory.p, 0, d), false, axis);
          momentum_error = std::max(momentum_error, std::abs(weighted_sum(p, false, axis) - p0));
          const double moment = weighted_sum(q, true, axis) - simulation.times()[t] * p0;
          centre_error =
              std::max(centre_error, std::abs(moment - weighted_sum(row(trajectory.q, 0, d), true, axis)));
        }
        angular_error = std::max(angular_error, std::abs(angular_momentum(q, p) - l0));
      }
      CHECK(momentum_error <= 1e-12);
      CHECK(centre_error <= 1e-12);
      CHECK(angular_error <= 1e-11);
    }
  }
}
