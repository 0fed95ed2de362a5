// The spring chain against its normal modes, forty digits, the recurrence of Fermi, Pasta, Ulam and Tsingou.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "tests/simulators/measures.hpp"
#include "tests/simulators/precise.hpp"
#include "tests/simulators/settings_for.hpp"

using namespace hamgen::simulators;
using namespace hamgen::tests;

namespace {

// The normal modes of n equal masses m and springs k between walls, counted from 1.
struct Modes {
  std::size_t n;
  double m, k;

  double angle(std::size_t mode) const {
    return std::numbers::pi * static_cast<double>(mode) / static_cast<double>(n + 1);
  }
  double frequency(std::size_t mode) const { return 2 * std::sqrt(k / m) * std::sin(angle(mode) / 2); }
  // The amplitude of a mode in a vector of displacements (or of momenta).
  double amplitude(Reals x, std::size_t mode) const {
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += x[i] * std::sin(angle(mode) * static_cast<double>(i + 1));
    return 2 * sum / static_cast<double>(n + 1);
  }
  double energy(Reals q, Reals p, std::size_t mode) const {
    const double a = amplitude(q, mode), b = amplitude(p, mode), w = frequency(mode);
    return static_cast<double>(n + 1) / 4 * (m * w * w * a * a + b * b / m);
  }
  // Displacements after a time, each mode swinging on its own.
  std::vector<double> displacements(Reals q0, Reals p0, double t) const {
    std::vector<double> q(n);
    for (std::size_t mode = 1; mode <= n; ++mode) {
      const double w = frequency(mode);
      const double a =
          amplitude(q0, mode) * std::cos(w * t) + amplitude(p0, mode) / (m * w) * std::sin(w * t);
      for (std::size_t i = 0; i < n; ++i) q[i] += a * std::sin(angle(mode) * static_cast<double>(i + 1));
    }
    return q;
  }
};

// The largest |displacement| over trajectories.
double reach_of(const Simulation& simulation, std::int64_t trajectories) {
  double reach = 0;
  for (std::int64_t id = 0; id < trajectories; ++id)
    for (const double q : simulation.trajectory(Split::train, id).q) reach = std::max(reach, std::abs(q));
  return reach;
}

Start start_of(const Simulation& simulation, std::uint64_t id) {
  RandomStream random({.seed = 9, .trajectory = id});
  return simulation.system().draw_start(random);
}

// Fermi, Pasta and Ulam's first experiment (report, fig. 1): 32 springs, alpha = 1/4, all energy in mode 1
// with amplitude 1. It leaves for a few low modes and then, instead of spreading, comes back.
struct Recurrence {
  double when = 0, share = 0;  // the largest share of mode 1 past 100 of its periods
  double lowest = 1;           // its smallest share before
  double high_modes = 0;       // the largest share of modes 11 to 31 together
};

Recurrence recurrence(const IntegratorOptions& options) {
  const auto simulation = simulation_of("spring_chain");
  const Modes modes{31, 1, 1};
  std::vector<double> q0;
  for (std::size_t i = 1; i <= 31; ++i) q0.push_back(std::sin(modes.angle(1) * static_cast<double>(i)));
  const std::vector<double> p0(31);
  const double step = 1 / std::sqrt(8.0), period = 2 * std::numbers::pi / modes.frequency(1);
  const auto times = even_times(0, 45 * 680 * step, 680);
  const Orbit orbit =
      integrate(simulation.system(), std::vector{1.0, 1.0, 0.25, 0.0}, q0, p0, times, options);
  Recurrence found;
  for (std::size_t t = 0; t < times.size(); ++t) {
    const auto share = [&](std::size_t mode) {
      return modes.energy(row(orbit.q, t, 31), row(orbit.p, t, 31), mode) / modes.energy(q0, p0, 1);
    };
    const double first = share(1);
    if (times[t] < 100 * period)
      found.lowest = std::min(found.lowest, first);
    else if (first > found.share)
      found.share = first, found.when = times[t] / period;
    double high = 0;
    for (std::size_t mode = 11; mode <= 31; ++mode) high += share(mode);
    found.high_modes = std::max(found.high_modes, high);
  }
  return found;
}

}  // namespace

TEST_CASE("a harmonic chain is its normal modes") {
  const auto simulation = simulation_of("spring_chain", {{"physics.alpha", 0.0},
                                                         {"physics.beta", 0.0},
                                                         {"physics.bodies", std::int64_t{11}},
                                                         {"physics.mass", std::vector<double>{0.02, 0.08}},
                                                         {"physics.stiffness", std::vector<double>{1.0, 3.0}},
                                                         {"start.modes", std::int64_t{11}}});
  double worst = 0;
  for (std::int64_t id = 0; id < 50; ++id) {
    const Trajectory trajectory = simulation.trajectory(Split::train, id);
    const Modes modes{11, trajectory.parameters[0], trajectory.parameters[1]};
    for (std::size_t t = 0; t < simulation.frames(); ++t)
      worst = std::max(worst,
                       max_difference(row(trajectory.q, t, 11),
                                      modes.displacements(row(trajectory.q, 0, 11), row(trajectory.p, 0, 11),
                                                          simulation.times()[t])));
  }
  CHECK(worst <= 2e-12);
}

TEST_CASE("an anharmonic chain follows Newton's equations, integrated by another method in forty digits") {
  const auto simulation = simulation_of("spring_chain", {{"physics.alpha", std::vector<double>{-1.5, 1.5}},
                                                         {"physics.beta", std::vector<double>{1.0, 4.0}}});
  const std::size_t n = simulation.dimension();
  double worst = 0;
  for (std::int64_t id = 0; id < 3; ++id) {
    const Trajectory trajectory = simulation.trajectory(Split::train, id);
    const PreciseState c = precise(trajectory.parameters);
    // State: positions, then velocities.
    const auto rate = [&](const PreciseState& x) {
      PreciseState out(x.begin() + static_cast<std::ptrdiff_t>(n), x.end());
      const auto pull = [&](const Precise& d) { return Precise(c[1] * d + c[2] * d * d + c[3] * d * d * d); };
      for (std::size_t i = 0; i < n; ++i) {
        const Precise left = i > 0 ? x[i - 1] : Precise(0), right = i + 1 < n ? x[i + 1] : Precise(0);
        out.push_back((pull(right - x[i]) - pull(x[i] - left)) / c[0]);
      }
      return out;
    };
    PreciseState x = precise(row(trajectory.q, 0, n));
    for (const double p : row(trajectory.p, 0, n)) x.push_back(p / c[0]);
    x = precise_flow(rate, x, simulation.times().back());
    x.resize(n);
    worst = std::max(worst, max_difference(row(trajectory.q, simulation.frames() - 1, n), rounded(x)));
  }
  CHECK(worst <= 1e-11);
}

// After 157 periods of mode 1, as is commonly quoted, and with central differences of step^2 = 1/8: leapfrog.
// So coarse a step takes an eighth of the chain's dispersion away, w dt / 2 = asin(w_exact dt / 2), and
// recurrence takes longer by a factor 1 / sqrt(1 - 1/8) than it does in exact time.
TEST_CASE("the energy of Fermi, Pasta, Ulam and Tsingou's chain recurs, when they saw it with their step") {
  const Recurrence theirs = recurrence({.method = "leapfrog", .substeps = 45});
  const Recurrence exact = recurrence({});
  for (const Recurrence& found : {theirs, exact}) {
    CAPTURE(found.when);
    CHECK(found.lowest < 0.1);
    CHECK(found.share > 0.97);
    CHECK(found.share < 0.99);
    CHECK(found.high_modes < 0.01);  // no equipartition
  }
  CHECK(std::abs(theirs.when - 157) <= 1);
  CHECK(std::abs(exact.when - 157 * std::sqrt(7.0 / 8)) <= 1);
}

TEST_CASE("chains start with the energy of their amplitude, at random among the lowest modes") {
  const auto simulation =
      simulation_of("spring_chain", {{"start.modes", std::int64_t{4}},
                                     {"start.amplitude", std::vector<double>{0.4, 0.6}},
                                     {"physics.mass", std::vector<double>{0.02, 0.08}},
                                     {"physics.stiffness", std::vector<double>{1.0, 3.0}}});
  constexpr int draws = 5000;
  double smallest = 1e9, largest = 0;
  std::vector<double> share(5), potential_share(5);
  for (std::uint64_t id = 0; id < draws; ++id) {
    const Start start = start_of(simulation, id);
    const Modes modes{8, start.parameters[0], start.parameters[1]};
    double total = 0, above = 0;
    for (std::size_t mode = 1; mode <= 8; ++mode)
      (mode <= 4 ? total : above) += modes.energy(start.q, start.p, mode);
    CHECK(above <= 1e-28);
    const double w = modes.frequency(1);
    const double amplitude = std::sqrt(total / (9.0 / 4 * modes.m * w * w));
    smallest = std::min(smallest, amplitude);
    largest = std::max(largest, amplitude);
    for (std::size_t mode = 1; mode <= 4; ++mode) {
      share[mode] += modes.energy(start.q, start.p, mode) / total / draws;
      potential_share[mode] += modes.energy(start.q, std::vector<double>(8), mode) / total / draws;
    }
  }
  CHECK(smallest >= 0.4 * (1 - 1e-12));
  CHECK(smallest < 0.401);
  CHECK(largest <= 0.6 * (1 + 1e-12));
  CHECK(largest > 0.599);
  for (std::size_t mode = 1; mode <= 4; ++mode) {
    CHECK(std::abs(share[mode] - 0.25) <= 0.014);  // five standard deviations of Beta(1, 3)
    CHECK(std::abs(potential_share[mode] - 0.125) <= 0.014);
  }
}

TEST_CASE("the view of a chain holds for any anharmonicity, and is no wider than needed") {
  const std::vector<double> amplitude{0.99, 1.0};
  const auto narrow = Overrides{{"look.spacing", 0.01}, {"start.amplitude", amplitude}, {"dt", 0.5}};
  for (const auto& [alpha, beta] : std::vector<std::pair<double, double>>{
           {0, 0}, {1, 2}, {-1, 2}, {1.2, 0}, {2.5, 2}, {0, 40}, {9.5, 10}}) {
    for (const std::int64_t modes : {1, 2, 8}) {
      Overrides overrides = narrow;
      overrides.insert(overrides.end(),
                       {{"physics.alpha", alpha}, {"physics.beta", beta}, {"start.modes", modes}});
      const auto simulation = simulation_of("spring_chain", overrides);
      const double room = simulation.nominal_view().half_width - std::sqrt(0.05 / std::numbers::pi);
      const double reach = reach_of(simulation, 60);
      CAPTURE(alpha);
      CAPTURE(beta);
      CAPTURE(modes);
      CHECK(reach <= room);
      if (alpha == 0 && beta == 0 && modes == 1) CHECK(reach >= 0.85 * room);
    }
  }
  // A long chain is as wide as its masses.
  const auto wide = simulation_of("spring_chain", {{"look.spacing", 1.0}});
  CHECK(wide.nominal_view().half_width == 3.5 + std::sqrt(0.05 / std::numbers::pi));
}

TEST_CASE("chains that could break, and more modes than masses, are refused") {
  CHECK_THROWS_WITH_AS(simulation_of("spring_chain", {{"physics.alpha", 4.0}, {"physics.beta", 0.0}}),
                       doctest::Contains("physics.alpha"), hamgen::schemas::FieldError);
  CHECK_THROWS_AS(simulation_of("spring_chain", {{"physics.alpha", -4.0}, {"physics.beta", 0.0}}),
                  hamgen::schemas::FieldError);
  CHECK_NOTHROW(simulation_of("spring_chain", {{"physics.alpha", 4.0}, {"physics.beta", 2.0}}));
  CHECK_THROWS_WITH_AS(simulation_of("spring_chain", {{"start.modes", std::int64_t{9}}}),
                       doctest::Contains("physics.bodies = 8"), hamgen::schemas::FieldError);
  CHECK_NOTHROW(
      simulation_of("spring_chain", {{"physics.bodies", std::int64_t{1}}, {"start.modes", std::int64_t{1}}}));
}
