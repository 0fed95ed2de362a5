// The potential against its closed form, the starts against statistical mechanics, the motion against its
// symmetries. Statistics come from fixed streams; bounds are standard errors times 4 or more.
#include "simulators/systems/lennard_jones.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <boost/multiprecision/cpp_bin_float.hpp>
#include <cmath>
#include <future>
#include <numbers>
#include <set>
#include <utility>
#include <vector>

#include "tests/simulators/measures.hpp"
#include "tests/simulators/settings_for.hpp"

using namespace hamgen::simulators;
using namespace hamgen::tests;
using hamgen::schemas::FieldError;

namespace {

// The two settings that are best known.
const Overrides gas_settings{
    {"physics.particles", std::int64_t{4}}, {"physics.density", 0.04}, {"start.temperature", 1.0}};
const Simulation& gas() {
  static const Simulation simulation = simulation_of("lennard_jones", gas_settings);
  return simulation;
}
const Simulation& liquid() {
  static const Simulation simulation = simulation_of("lennard_jones");
  return simulation;
}

Start start_of(const Simulation& simulation, std::uint64_t id, std::uint64_t seed = 21) {
  RandomStream random({.seed = seed, .trajectory = id});
  return simulation.system().draw_start(random);
}

double closed_form(double r) {
  return 4 * (std::pow(r, -12) - std::pow(r, -6));
}

double kinetic(Reals p) {
  double sum = 0;
  for (const double component : p) sum += component * component / 2;
  return sum;
}

double potential(const Simulation& simulation, const Start& start) {
  return simulation.system().energy(start.parameters, start.q, std::vector<double>(start.q.size()));
}

// Mean and its standard error, of independent values.
struct Estimate {
  double mean = 0, error = 0;
};
Estimate estimate(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  double mean = 0, squares = 0;
  for (const double value : values) mean += value / n;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return {mean, std::sqrt(squares / (n - 1) / n)};
}

// Distances of all pairs, each to the nearest image.
std::vector<double> distances(Reals q, double box) {
  std::vector<double> all;
  for (std::size_t i = 0; i < q.size(); i += 2)
    for (std::size_t j = i + 2; j < q.size(); j += 2)
      all.push_back(std::hypot(std::remainder(q[j] - q[i], box), std::remainder(q[j + 1] - q[i + 1], box)));
  return all;
}

// The integral of f over [low, high] by the midpoint rule.
template <class F>
double integral(double low, double high, F f, int points = 200) {
  double sum = 0;
  for (int i = 0; i < points; ++i) sum += f(low + (high - low) * (i + 0.5) / points);
  return sum * (high - low) / points;
}

using Many = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<150>>;

}  // namespace

TEST_CASE("energy and force of two particles are Lennard-Jones's, also across the border") {
  const auto pair =
      simulation_of("lennard_jones", {{"physics.particles", std::int64_t{2}}, {"physics.density", 0.02}});
  const System& system = pair.system();
  const std::vector<double> c = start_of(pair, 0).parameters;
  CHECK(c == std::vector<double>{10, 2, 2.5});
  RandomStream random({.seed = 1});
  for (int i = 0; i < 200; ++i) {
    const double r = random.uniform(0.8, 2), angle = random.uniform(0, 7);
    const double x = random.uniform(-20, 20), y = random.uniform(-20, 20);
    const double ux = std::cos(angle), uy = std::sin(angle);
    const std::vector<double> q{x, y, x + r * ux + 10 * (i % 3), y + r * uy - 10 * (i % 2)};
    const double slope = -24 / r * (2 * std::pow(r, -12) - std::pow(r, -6));
    const double scale = std::max(1.0, std::abs(slope)) * 1e-12;  // coordinates up to 50 lose that much
    CHECK(std::abs(system.energy(c, q, std::vector<double>(4)) - closed_form(r)) <= scale);
    std::vector<double> gradient(4);
    system.dH_dq(c, q, {}, gradient);
    CHECK(max_difference(gradient, std::vector<double>{-slope * ux, -slope * uy, slope * ux, slope * uy}) <=
          30 * scale);
  }
}

TEST_CASE("the switch leaves nine derivatives of the potential continuous, at both ends, and no tenth") {
  const Many onset = 2, cutoff = 2.5;
  const SwitchedLennardJones<Many> switched(onset, cutoff);
  const auto u = [&](const Many& r) { return switched.at(r * r).energy; };
  const auto bare = [](const Many& r) { return Many(4 * (pow(r, -12) - pow(r, -6))); };
  const Many h("1e-8");
  const auto order = [&](auto difference) {
    return static_cast<double>(log(abs(difference(h) / difference(h / 2))) / log(Many(2)));
  };
  CHECK(std::abs(order([&](const Many& d) { return Many(u(onset + d) - bare(onset + d)); }) - 10) <= 1e-6);
  CHECK(std::abs(order([&](const Many& d) { return u(cutoff - d); }) - 10) <= 1e-6);
  CHECK(abs(u(onset - h) - bare(onset - h)) <= Many("1e-140"));
  CHECK(u(cutoff + h) == 0);

  const SwitchedLennardJones<double> rounded(2, 2.5);
  for (const double beyond : {2.5, 2.6, 5.0, 1e3}) {
    CHECK(rounded.at(beyond * beyond).energy == 0);
    CHECK(rounded.at(beyond * beyond).slope == 0);
  }
  double worst_slope = 0, worst = 0;
  for (double square = 0.8; square < 7; square += 0.01) {
    const auto value = switched.at(square);
    const Many central = (switched.at(square + h).energy - switched.at(square - h).energy) / (2 * h);
    worst_slope = std::max(worst_slope, static_cast<double>(abs(central - value.slope)));
    const auto close = rounded.at(square);
    worst = std::max(worst, static_cast<double>(abs(close.energy - value.energy)));
    worst = std::max(worst, static_cast<double>(abs(close.slope - value.slope)));
  }
  CHECK(worst_slope <= 1e-11);  // h^2 times a third derivative
  CHECK(worst <= 1e-13);
}

TEST_CASE("a whole number of boxes away, a particle is the same") {
  for (const Simulation* simulation : {&liquid(), &gas()}) {
    const System& system = simulation->system();
    const Start start = start_of(*simulation, 1);
    const double box = start.parameters[0], e = system.energy(start.parameters, start.q, start.p);
    std::vector<double> gradient(start.q.size()), moved_gradient(start.q.size());
    system.dH_dq(start.parameters, start.q, start.p, gradient);
    for (std::size_t k = 0; k < start.q.size(); ++k) {
      std::vector<double> moved = start.q;
      moved[k] += box * (static_cast<double>(k % 7) - 3);
      CHECK(std::abs(system.energy(start.parameters, moved, start.p) - e) <= 1e-11);
      system.dH_dq(start.parameters, moved, start.p, moved_gradient);
      CHECK(max_difference(gradient, moved_gradient) <= 1e-10);
    }
    std::vector<double> all_moved = start.q;
    for (double& position : all_moved) position += 0.3;
    CHECK(std::abs(system.energy(start.parameters, all_moved, start.p) - e) <= 1e-11);
  }
}

TEST_CASE("momentum is zero and stays so; positions are continuous") {
  for (const Simulation* simulation : {&liquid(), &gas()})
    for (std::int64_t id = 0; id < 20; ++id) {
      const Trajectory trajectory = simulation->trajectory(Split::train, id);
      const std::size_t d = simulation->dimension();
      double momentum = 0, jump = 0;
      for (std::size_t t = 0; t < simulation->frames(); ++t) {
        double x = 0, y = 0;
        for (std::size_t k = 0; k < d; k += 2) {
          x += trajectory.p[t * d + k];
          y += trajectory.p[t * d + k + 1];
        }
        momentum = std::max({momentum, std::abs(x), std::abs(y)});
        if (t > 0)
          jump = std::max(jump, max_difference(row(trajectory.q, t, d), row(trajectory.q, t - 1, d)));
      }
      CHECK(momentum <= 1e-12);
      CHECK(jump <= 0.5);
    }
}

TEST_CASE("every start has the same energy, a number of the settings alone, from whatever thread") {
  for (const Overrides& overrides : {Overrides{}, gas_settings}) {
    const auto a = simulation_of("lennard_jones", overrides), b = simulation_of("lennard_jones", overrides);
    const auto energy = [](const Simulation* simulation, std::uint64_t id, std::uint64_t seed) {
      const Start start = start_of(*simulation, id, seed);
      return simulation->system().energy(start.parameters, start.q, start.p);
    };
    auto first = std::async(std::launch::async, energy, &a, 0, 1);
    auto second = std::async(std::launch::async, energy, &a, 1, 2);
    const double expected = first.get();
    CHECK(std::abs(expected) > 1);  // far from zero: the certificate is relative to it
    CHECK(relative_error(second.get(), expected) <= 1e-13);
    CHECK(relative_error(energy(&b, 2, 3), expected) <= 1e-13);
  }
}

TEST_CASE("two particles in a small box have the mean energy that quadrature gives") {
  const double t = 0.5, box = std::sqrt(2 / 0.2);
  const auto pair = simulation_of(
      "lennard_jones",
      {{"physics.particles", std::int64_t{2}}, {"physics.density", 0.2}, {"start.temperature", t}});
  const SwitchedLennardJones<double> potential_of(0.8 * box / 2, box / 2);
  const auto over_box = [&](auto f) {
    return integral(-box / 2, box / 2, [&](double x) {
      return integral(-box / 2, box / 2, [&](double y) { return f(potential_of.at(x * x + y * y).energy); });
    });
  };
  const double weight = over_box([&](double u) { return std::exp(-u / t); });
  const double mean = over_box([&](double u) { return u > 500 ? 0 : u * std::exp(-u / t); }) / weight;
  const Start start = start_of(pair, 0);
  CHECK(std::abs(pair.system().energy(start.parameters, start.q, start.p) - (mean + t)) <= 0.01);
}

TEST_CASE("starts are in equilibrium: their potential energy has the long run's mean, motion keeps T") {
  for (const auto& [simulation, temperature, tolerance] :
       {std::tuple{&liquid(), 0.5, 0.02}, std::tuple{&gas(), 1.0, 0.02}}) {
    const System& system = simulation->system();
    const double degrees = static_cast<double>(system.bodies() - 1);
    std::vector<double> potentials, temperatures;
    double e = 0;
    for (std::uint64_t id = 0; id < 400; ++id) {
      const Start start = start_of(*simulation, id);
      potentials.push_back(potential(*simulation, start));
      e = system.energy(start.parameters, start.q, start.p);
    }
    const Estimate v = estimate(potentials);
    CAPTURE(v.error);
    CHECK(std::abs(v.mean - (e - degrees * temperature)) <= 4 * v.error + 0.02);

    const std::size_t d = simulation->dimension(), frames = simulation->frames();
    for (std::int64_t id = 0; id < 200; ++id) {
      const Trajectory trajectory = simulation->trajectory(Split::train, id);
      double mean = 0;
      for (std::size_t t = 0; t < frames; ++t)
        mean += kinetic(row(trajectory.p, t, d)) / degrees / static_cast<double>(frames);
      temperatures.push_back(mean);
    }
    const Estimate mean = estimate(temperatures);
    CAPTURE(mean.mean);
    CHECK(std::abs(mean.mean - temperature) <= 4 * mean.error + tolerance * temperature);
  }
}

TEST_CASE("the liquid's first neighbours are where the potential is least") {
  constexpr double width = 0.04;
  std::vector<double> counts(57);
  const double box = start_of(liquid(), 0).parameters[0];
  for (std::int64_t id = 0; id < 200; ++id) {
    const Trajectory trajectory = liquid().trajectory(Split::train, id);
    for (std::size_t t = 0; t < liquid().frames(); t += 10)
      for (const double r : distances(row(trajectory.q, t, liquid().dimension()), box))
        if (const auto bin = static_cast<std::size_t>(r / width); bin < counts.size()) counts[bin] += 1 / r;
  }
  const auto peak = std::ranges::max_element(counts) - counts.begin();
  CHECK(std::abs((static_cast<double>(peak) + 0.5) * width - std::pow(2, 1.0 / 6)) <= 0.06);
}

// g(r) = exp(-u / T) (1 + (N - 2) / A c(r)), c(r) = integral f(r_13) f(r_23) d^2 r_3, f = exp(-u / T) - 1:
// exact to first order in the density, relative to particles far apart.
TEST_CASE("pairs of the gas are as frequent as the virial expansion says") {
  const double t = 1, box = 10;
  const SwitchedLennardJones<double> pair(2, 2.5);
  const auto mayer = [&](double square) { return std::expm1(-pair.at(square).energy / t); };
  const auto third = [&](double r) {
    return integral(-2.5, r + 2.5, [&](double x) {
      return integral(-2.5, 2.5,
                      [&](double y) { return mayer(x * x + y * y) * mayer((x - r) * (x - r) + y * y); });
    });
  };
  const std::vector<double> edges{0.9, 1.05, 1.2, 1.4, 1.7, 2.0, 2.5, 3.5, 5.0};
  const std::size_t bins = edges.size() - 1;
  std::vector<double> expected(bins), counts(bins);
  for (std::size_t bin = 0; bin < bins; ++bin)
    expected[bin] = integral(
        edges[bin], edges[bin + 1],
        [&](double r) { return r * (1 + mayer(r * r)) * (1 + 2 / (box * box) * third(r)); }, 12);
  double too_close = 0;
  for (std::uint64_t id = 0; id < 3000; ++id)
    for (const double r : distances(start_of(gas(), id, 22).q, box)) {
      too_close += r < 0.8;
      const auto above = std::ranges::upper_bound(edges, r);
      if (above != edges.begin() && above != edges.end())
        ++counts[static_cast<std::size_t>(above - edges.begin()) - 1];
    }
  CHECK(too_close == 0);
  double total = 0, expected_total = 0;
  for (std::size_t bin = 0; bin < bins; ++bin) total += counts[bin], expected_total += expected[bin];
  for (std::size_t bin = 0; bin < bins; ++bin) {
    const double mean = expected[bin] * total / expected_total;
    CAPTURE(edges[bin]);
    CAPTURE(mean);
    // Six pairs of a start are not quite independent, and the next order in the density is about 1 %.
    CHECK(std::abs(counts[bin] - mean) <= 4 * std::sqrt(mean) + 0.01 * mean);
  }
}

TEST_CASE("leapfrog with steps of 0.002 drifts little and is of second order") {
  const System& system = liquid().system();
  const std::vector<double> steps{0.002, 0.001, 0.0005};
  const auto times = even_times(0, 0.5, 10);
  std::vector<double> position_errors(3), energy_errors(3);
  for (std::uint64_t id = 0; id < 20; ++id) {
    const Start start = start_of(liquid(), id);
    const Orbit exact = integrate(system, start.parameters, start.q, start.p, times, {});
    const double e0 = system.energy(start.parameters, start.q, start.p);
    for (std::size_t s = 0; s < steps.size(); ++s) {
      const auto substeps = static_cast<std::int64_t>(std::lround(0.05 / steps[s]));
      const Orbit orbit = integrate(system, start.parameters, start.q, start.p, times,
                                    {.method = "leapfrog", .substeps = substeps});
      position_errors[s] = std::max(position_errors[s], max_difference(orbit.q, exact.q));
      for (std::size_t t = 0; t < times.size(); ++t) {
        const double e = system.energy(start.parameters, row(orbit.q, t, 32), row(orbit.p, t, 32));
        energy_errors[s] = std::max(energy_errors[s], std::abs(e / e0 - 1));
      }
    }
  }
  CHECK(energy_errors[0] <= 3e-4);
  CHECK(std::abs(fitted_exponent(steps, position_errors) - 2) <= 0.05);
  CHECK(std::abs(fitted_exponent(steps, energy_errors) - 2) <= 0.1);
  const auto simulation = simulation_of("lennard_jones", {{"integrator.method", std::string("leapfrog")},
                                                          {"integrator.substeps", std::int64_t{25}}});
  for (std::int64_t id = 0; id < 20; ++id) CHECK(simulation.trajectory(Split::train, id).redraws == 0);
}

// Almost straight orbits through the switch are where fehlberg78's error estimate sees nothing.
TEST_CASE("in the gas, the largest step is what keeps the solver exact") {
  Overrides unbounded = gas_settings;
  unbounded.emplace_back("integrator.max_step", hamgen::schemas::Value{});
  unbounded.emplace_back("integrator.max_energy_drift", 1.0);
  const auto blind = simulation_of("lennard_jones", unbounded);
  double worst = 0, worst_blind = 0;
  for (std::int64_t id = 0; id < 300; ++id) {
    const Trajectory trajectory = gas().trajectory(Split::train, id);
    worst = std::max(worst, trajectory.energy_drift);
    CHECK(trajectory.tightenings + trajectory.redraws == 0);
    worst_blind = std::max(worst_blind, blind.trajectory(Split::train, id).energy_drift);
  }
  CHECK(worst <= 1e-12);
  CHECK(worst_blind >= 1e-10);
}

TEST_CASE("discs that cross the border come in again on the other side") {
  const System& system = gas().system();
  const std::vector<double> c{10, 2, 2.5};
  Scene scene;
  //                                  inside  right border  a corner    far away: inside
  const std::vector<double> q{0, 1, 4.9, 0, -4.8, 14.9, 37, -41};
  system.show(c, q, {}, scene);
  std::set<std::tuple<std::size_t, long, long, bool>> places;  // in tenths
  for (const Disc& disc : scene.discs) {
    CHECK(relative_error(disc.radius, 0.3) <= 1e-15);
    places.insert({disc.body, std::lround(10 * disc.x), std::lround(10 * disc.y), disc.is_copy});
  }
  CHECK(places == std::set<std::tuple<std::size_t, long, long, bool>>{{0, 0, 10, false},
                                                                      {1, 49, 0, false},
                                                                      {1, -51, 0, true},
                                                                      {2, -48, 49, false},
                                                                      {2, 52, 49, true},
                                                                      {2, -48, -51, true},
                                                                      {2, 52, -51, true},
                                                                      {3, -30, -10, false}});
}

TEST_CASE("settings that contradict each other are refused with the reason") {
  const auto refused = [](const Overrides& overrides, const char* reason) {
    CHECK_THROWS_WITH_AS(simulation_of("lennard_jones", overrides), doctest::Contains(reason), FieldError);
  };
  refused({{"physics.cutoff", 2.4}}, "more than half the side");
  refused({{"physics.particles", std::int64_t{4}}}, "too short for attraction");
  refused({{"physics.cutoff", 1.2}}, "physics.cutoff");
  refused({{"look.radius_scale", 5.0}}, "overlap themselves");
  refused({{"view.offset", 0.1}}, "view.offset = 0.1 is not allowed");
  CHECK_NOTHROW(simulation_of("lennard_jones", {{"physics.cutoff", 1.8}}));
}

TEST_CASE("cold or hot, thin or dense, few or many: there is a start") {
  for (const auto& [n, density, t] : {std::tuple{2, 0.1, 0.05}, std::tuple{17, 1.1, 0.3},
                                      std::tuple{16, 0.77, 10.0}, std::tuple{9, 0.001, 1.0}}) {
    const auto simulation = simulation_of(
        "lennard_jones",
        {{"physics.particles", std::int64_t{n}}, {"physics.density", density}, {"start.temperature", t}});
    const Start start = start_of(simulation, 0);
    const double half = start.parameters[0] / 2;
    CHECK(std::ranges::all_of(start.q, [&](double position) { return std::abs(position) <= half; }));
    CHECK(kinetic(start.p) > 0);
  }
}
