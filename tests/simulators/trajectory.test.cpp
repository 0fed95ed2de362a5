// The contract of one trajectory: reproducible, certified, observed with the stated noise, never stuck.
#include "simulators/trajectory.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <future>
#include <string>
#include <tuple>

#include "tests/simulators/measures.hpp"
#include "tests/simulators/settings_for.hpp"

using namespace hamgen::simulators;
using namespace hamgen::tests;

namespace {

bool same_bytes(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0;
}

bool same(const Trajectory& a, const Trajectory& b) {
  return a.id == b.id && same_bytes(a.parameters, b.parameters) && same_bytes(a.q, b.q) &&
         same_bytes(a.p, b.p) && same_bytes(a.q_observed, b.q_observed) &&
         same_bytes(a.p_observed, b.p_observed) && same_bytes(a.dq_dt, b.dq_dt) &&
         same_bytes(a.dp_dt, b.dp_dt) && same_bytes(a.energy, b.energy) && a.energy_drift == b.energy_drift &&
         a.redraws == b.redraws && a.tightenings == b.tightenings && a.view.center_x == b.view.center_x &&
         a.view.center_y == b.view.center_y;
}

struct Moments {
  double mean = 0, deviation = 0, kurtosis = 0;
};

Moments moments(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  double mean = 0, square = 0, fourth = 0;
  for (const double value : values) mean += value / n;
  for (const double value : values)
    square += std::pow(value - mean, 2) / n, fourth += std::pow(value - mean, 4) / n;
  return {mean, std::sqrt(square), fourth / (square * square)};
}

}  // namespace

TEST_CASE("a trajectory depends on its number alone: not on order, threads or the simulation object") {
  for (const auto& descriptor : tested_systems()) {
    CAPTURE(descriptor.name);
    const bool is_periodic = simulation_of(descriptor.name).system().period() > 0;  // no shift is allowed
    const Overrides overrides{{"view.offset", is_periodic ? 0.0 : 0.3}};
    const auto simulation = simulation_of(descriptor.name, overrides);
    const Trajectory seventh = simulation.trajectory(Split::train, 7);
    std::vector<std::future<Trajectory>> others;
    for (const std::int64_t id : {9, 7, 3, 7})
      others.push_back(
          std::async(std::launch::async, [&, id] { return simulation.trajectory(Split::train, id); }));
    for (auto& other : others) {
      const Trajectory trajectory = other.get();
      CHECK(same(trajectory, seventh) == (trajectory.id == 7));
    }
    CHECK(same(simulation_of(descriptor.name, overrides).trajectory(Split::train, 7), seventh));
  }
}

TEST_CASE("split, number and seed each give another trajectory") {
  const auto simulation = simulation_of("mass_spring");
  const Trajectory trajectory = simulation.trajectory(Split::train, 7);
  CHECK_FALSE(same_bytes(simulation.trajectory(Split::test, 7).q, trajectory.q));
  CHECK_FALSE(same_bytes(simulation.trajectory(Split::train, 8).q, trajectory.q));
  CHECK_FALSE(
      same_bytes(simulation_of("mass_spring", {{"seed", 2}}).trajectory(Split::train, 7).q, trajectory.q));
}

TEST_CASE("noise and view do not shift the physics, physics does not shift the noise") {
  const Trajectory plain = simulation_of("three_body").trajectory(Split::train, 5);
  const Trajectory noisier =
      simulation_of("three_body", {{"noise.std", 0.4}, {"view.offset", 1.0}}).trajectory(Split::train, 5);
  CHECK(same_bytes(plain.q, noisier.q));
  CHECK(same_bytes(plain.p, noisier.p));
  for (std::size_t k = 0; k < plain.q.size(); ++k)  // the same draws, twice as large (0.2 by default)
    CHECK(std::abs(noisier.q_observed[k] - noisier.q[k] - 2 * (plain.q_observed[k] - plain.q[k])) <= 1e-14);
}

TEST_CASE("frames are at exactly t * dt, and a dataset of T steps has T + 1 of them") {
  const auto simulation = simulation_of("pendulum", {{"steps", 1000}, {"dt", 0.1}});
  REQUIRE(simulation.frames() == 1001);
  for (std::size_t t = 0; t < simulation.frames(); ++t)
    CHECK(simulation.times()[t] == static_cast<double>(t) * 0.1);
  CHECK(simulation_of("pendulum").frames() == 31);
  CHECK(simulation_of("pendulum").times().back() == 3.75);
}

TEST_CASE("arrays have the sizes they promise") {
  for (const auto& descriptor : tested_systems()) {
    CAPTURE(descriptor.name);
    const auto simulation = simulation_of(descriptor.name, {{"steps", 5}});
    const Trajectory trajectory = simulation.trajectory(Split::test, 1);
    for (const auto* array : {&trajectory.q, &trajectory.p, &trajectory.q_observed, &trajectory.p_observed,
                              &trajectory.dq_dt, &trajectory.dp_dt})
      CHECK(array->size() == 6 * simulation.dimension());
    CHECK(trajectory.energy.size() == 6);
    CHECK(trajectory.parameters.size() == simulation.system().parameter_labels().size());
  }
}

TEST_CASE("observed minus exact is Gaussian with the stated standard deviation") {
  using Case = std::pair<std::string, double>;
  for (const auto& [name, std] :
       {Case{"mass_spring", 0.1}, Case{"pendulum", 0.1}, Case{"two_body", 0.05}, Case{"three_body", 0.2}}) {
    const auto simulation = simulation_of(name);
    std::vector<double> q_noise, p_noise;
    for (std::int64_t id = 0; id < 400; ++id) {
      const Trajectory trajectory = simulation.trajectory(Split::train, id);
      for (std::size_t k = 0; k < trajectory.q.size(); ++k) {
        q_noise.push_back(trajectory.q_observed[k] - trajectory.q[k]);
        p_noise.push_back(trajectory.p_observed[k] - trajectory.p[k]);
      }
    }
    CAPTURE(name);
    double covariance = 0;
    for (std::size_t k = 0; k < q_noise.size(); ++k)
      covariance += q_noise[k] * p_noise[k] / static_cast<double>(q_noise.size());
    CHECK(std::abs(covariance) <= 0.045 * std * std);  // five standard deviations for 12,400 draws, as below
    for (const Moments& noise : {moments(q_noise), moments(p_noise)}) {
      CHECK(std::abs(noise.mean) <= 0.045 * std);
      CHECK(relative_error(noise.deviation, std) <= 0.032);
      CHECK(std::abs(noise.kurtosis - 3) <= 0.22);
    }
  }
}

TEST_CASE("without noise the observed states are the exact ones") {
  for (const auto& descriptor : tested_systems()) {
    const Trajectory trajectory =
        simulation_of(descriptor.name, {{"noise.std", 0.0}}).trajectory(Split::train, 2);
    CHECK(same_bytes(trajectory.q_observed, trajectory.q));
    CHECK(same_bytes(trajectory.p_observed, trajectory.p));
  }
}

TEST_CASE("views are shifted evenly within the offset, and not at all without one") {
  const auto simulation = simulation_of("two_body", {{"view.offset", 0.5}, {"view.half_width", 4.0}});
  double largest_x = 0, largest_y = 0;
  for (std::int64_t id = 0; id < 300; ++id) {
    const View view = simulation.trajectory(Split::train, id).view;
    largest_x = std::max(largest_x, std::abs(view.center_x));
    largest_y = std::max(largest_y, std::abs(view.center_y));
    CHECK(view.center_x != view.center_y);
    CHECK(view.half_width == 4);
  }
  for (const double largest : {largest_x, largest_y}) {
    CHECK(largest <= 0.5);
    CHECK(largest > 0.49);
  }
  const auto plain = simulation_of("two_body");
  CHECK(plain.trajectory(Split::train, 0).view.center_x == 0);
  CHECK(plain.trajectory(Split::train, 0).view.half_width == plain.nominal_view().half_width);
}

TEST_CASE("the stored derivatives are the time derivatives of the stored states") {
  for (const auto& descriptor : tested_systems()) {
    const double dt = 1e-3;
    const auto simulation = simulation_of(descriptor.name, {{"dt", dt}, {"steps", 40}});
    const std::size_t d = simulation.dimension();
    double worst = 0;
    for (std::int64_t id = 0; id < 20; ++id) {
      const Trajectory trajectory = simulation.trajectory(Split::train, id);
      for (const auto& [x, dx_dt] :
           {std::pair{&trajectory.q, &trajectory.dq_dt}, {&trajectory.p, &trajectory.dp_dt}}) {
        double scale = 0, error = 0;
        for (const double rate : *dx_dt) scale = std::max(scale, std::abs(rate));
        for (std::size_t k = 4 * d; k + 4 * d < x->size(); ++k) {
          const auto at = [&](double shift) {
            return (*x)[k + static_cast<std::size_t>(std::lround(shift / dt)) * d];
          };
          error = std::max(error, std::abs((*dx_dt)[k] - central_slope(at, dt)));
        }
        worst = std::max(worst, error / scale);
      }
    }
    CAPTURE(descriptor.name);
    CHECK(worst <= 1e-9);
  }
}

TEST_CASE("energy and certificate are those of the stored states") {
  for (const auto& descriptor : tested_systems()) {
    CAPTURE(descriptor.name);
    const auto simulation = simulation_of(descriptor.name);
    const Trajectory trajectory = simulation.trajectory(Split::train, 4);
    const std::size_t d = simulation.dimension();
    for (std::size_t t = 0; t < simulation.frames(); ++t)
      CHECK(trajectory.energy[t] == simulation.system().energy(trajectory.parameters, row(trajectory.q, t, d),
                                                               row(trajectory.p, t, d)));
    CHECK(trajectory.energy_drift == energy_drift(trajectory.energy));
    CHECK(trajectory.energy_drift <= simulation.max_energy_drift());
  }
}

TEST_CASE("the energy drift is relative, or absolute where the energy is next to nothing") {
  CHECK(energy_drift(std::vector<double>{-2, -2.5, -1.8}) == 0.25);
  CHECK(relative_error(energy_drift(std::vector<double>{1e-4, 3e-4}), 2e-4) <= 1e-15);
  CHECK(energy_drift(std::vector<double>{3}) == 0);
  CHECK(std::isinf(energy_drift(std::vector<double>{1, std::nan("")})));
}

TEST_CASE("a tolerance that misses the certificate is tightened until it holds") {
  const auto simulation = simulation_of("three_body", {{"integrator.absolute_tolerance", 1e-11},
                                                       {"integrator.relative_tolerance", 1e-11},
                                                       {"integrator.max_energy_drift", 1e-12}});
  std::uint64_t tightenings = 0;
  for (std::int64_t id = 0; id < 100; ++id) {
    const Trajectory trajectory = simulation.trajectory(Split::train, id);
    CHECK(trajectory.energy_drift <= 1e-12);
    CHECK(trajectory.redraws == 0);
    tightenings += trajectory.tightenings;
  }
  CHECK(tightenings > 10);
}

TEST_CASE("a solver that stalls in a close encounter means another start, under the next attempt number") {
  const auto simulation = simulation_of("n_body", {{"integrator.max_steps", 20}});
  std::uint64_t redraws = 0;
  for (std::int64_t id = 0; id < 100; ++id) {
    const Trajectory trajectory = simulation.trajectory(Split::train, id);
    redraws += trajectory.redraws;
    RandomStream random(
        {.seed = 1, .trajectory = static_cast<std::uint64_t>(id), .attempt = trajectory.redraws});
    const Start start = simulation.system().draw_start(random);
    CHECK(max_difference(row(trajectory.q, 0, 8), start.q) == 0);
    CHECK(max_difference(row(trajectory.p, 0, 8), start.p) == 0);
    CHECK(trajectory.energy_drift <= simulation.max_energy_drift());
  }
  CHECK(redraws > 10);
}

TEST_CASE("no acceptable start: the failure names trajectory, attempts and field" * doctest::timeout(60)) {
  for (const auto& descriptor : tested_systems()) {
    CAPTURE(descriptor.name);
    const auto impossible = simulation_of(
        descriptor.name, {{"integrator.max_energy_drift", 1e-30}, {"integrator.max_attempts", 3}});
    CHECK_THROWS_WITH_AS(impossible.trajectory(Split::train, 12),
                         doctest::Contains("is above integrator.max_energy_drift = 1e-30"),
                         TrajectoryFailure);
    CHECK_THROWS_WITH_AS(impossible.trajectory(Split::train, 12),
                         doctest::Contains("trajectory 12: none of 3 starts"), TrajectoryFailure);
    const auto breathless = simulation_of(
        descriptor.name, {{"integrator.max_steps", 1}, {"dt", 50.0}, {"integrator.max_attempts", 3}});
    CHECK_THROWS_AS(breathless.trajectory(Split::train, 12), TrajectoryFailure);
  }
}

TEST_CASE("fixed-step methods have a drift they can reach, unless one is asked for") {
  CHECK(simulation_of("pendulum").max_energy_drift() == 1e-11);
  CHECK(simulation_of("pendulum", {{"integrator.method", "leapfrog"}}).max_energy_drift() == 1e-3);
  CHECK(simulation_of("pendulum", {{"integrator.method", "rk4"}, {"integrator.max_energy_drift", 1e-6}})
            .max_energy_drift() == 1e-6);
  for (const auto& solver : solvers())
    CHECK(
        simulation_of("two_body", {{"integrator.method", solver.name}}).trajectory(Split::train, 0).redraws ==
        0);
}

TEST_CASE("the drift of a small motion is relative to its own energies") {
  CHECK(drift_unit(-2, 5) == 2);
  CHECK(drift_unit(1e-4, 0.5) == 1);  // ordinary, and passes through nothing
  CHECK(drift_unit(1e-20, 1e-17) == 1e-17);
  CHECK(drift_unit(1e-4, 1e-5) == 1e-4);
  CHECK(drift_unit(0, 0) == 1);  // at rest
  CHECK(energy_drift(std::vector<double>{0, 1e-18}, {}, 1e-17) == doctest::Approx(0.1));
}

TEST_CASE("a trajectory of any size is as exact as its certificate says") {
  using Size = std::tuple<double, double, double>;  // mass, stiffness, radius in q
  for (const auto& [m, k, radius] : {Size{1e-12, 40, 1e-9}, Size{1e-6, 2, 1e-8}, Size{1e-6, 1e-6, 1},
                                     Size{1e9, 1e9, 1e-9}, Size{2, 3, 1e9}, Size{1e20, 1e-20, 1e-3}}) {
    const double w = std::sqrt(k / m);
    for (const std::string method : {"fehlberg78", "dopri5", "bulirsch_stoer"}) {
      CAPTURE(m);
      CAPTURE(radius);
      CAPTURE(method);
      const auto number = [](double x) { return hamgen::schemas::to_text(x); };
      const auto simulation = simulation_of(
          "custom", {{"physics.constants", std::vector{"m = " + number(m), "k = " + number(k)}},
                     {"start.values", std::vector{"q = " + number(radius), std::string("p = 0")}},
                     {"start.energy", std::monostate{}},
                     {"scene.discs", std::vector{"0; q; " + number(radius)}},
                     {"integrator.method", method},
                     {"integrator.max_energy_drift", 1e-10},
                     {"dt", 0.3 / w},
                     {"integrator.max_step", 0.3 / w}});
      const Trajectory trajectory = simulation.trajectory(Split::train, 0);
      double error = 0;
      for (std::size_t t = 0; t < simulation.frames(); ++t)
        error = std::max(error,
                         std::abs(trajectory.q[t] - radius * std::cos(w * simulation.times()[t])) / radius);
      CHECK(error <= 1e-9);
      CHECK(trajectory.energy_drift > 0);  // of numbers that say something
      CHECK(trajectory.redraws == 0);
    }
  }
}

TEST_CASE("a ball between springy walls bounces: no start is given up") {
  const auto simulation =
      simulation_of("custom", {{"physics.constants", std::vector<std::string>{"k = 200"}},
                               {"physics.hamiltonian", std::string("p^2/2 + k max(0, abs(q)-1)^2")},
                               {"start.values", std::vector<std::string>{"q = -1 .. 1", "p = -1 .. 1"}},
                               {"start.energy", std::monostate{}},
                               {"dt", 0.1},
                               {"steps", 60}});
  const double in_wall = std::acos(-1.0) / std::sqrt(400.0);  // half a period of the spring
  int bounced = 0;
  for (std::int64_t id = 0; id < 40; ++id) {
    CAPTURE(id);
    const Trajectory trajectory = simulation.trajectory(Split::train, id);
    CHECK(trajectory.redraws == 0);
    const double v = std::abs(trajectory.p[0]), period = 2 * (2 / v + in_wall);
    const double phase = (trajectory.p[0] > 0 ? 1 + trajectory.q[0] : 1 - trajectory.q[0]) / v;
    double error = 0;
    bool has_bounced = false;
    for (std::size_t t = 0; t < simulation.frames(); ++t) {
      const double at = std::fmod(phase + simulation.times()[t], period / 2);  // since the last wall was left
      const double sign = std::fmod(phase + simulation.times()[t], period) < period / 2 ? 1 : -1;
      const double x = at < 2 / v ? -1 + v * at : 1 + v / 20 * std::sin(20 * (at - 2 / v));
      error = std::max(error, std::abs(trajectory.q[t] * (trajectory.p[0] > 0 ? 1 : -1) - sign * x));
      has_bounced = has_bounced || std::abs(trajectory.q[t]) > 1 || trajectory.p[t] * trajectory.p[0] < 0;
    }
    CHECK(error <= 1e-8);
    bounced += has_bounced;
  }
  CHECK(bounced > 25);
}

TEST_CASE("starts that are given up are counted by reason") {
  const auto simulation = simulation_of("n_body", {{"integrator.max_steps", 20}});
  RedrawCounts reasons{};
  std::uint64_t redraws = 0;
  for (std::int64_t id = 0; id < 50; ++id) {
    const Trajectory trajectory = simulation.trajectory(Split::train, id);
    redraws += trajectory.redraws;
    for (std::size_t i = 0; i < reasons.size(); ++i) reasons[i] += trajectory.redraw_reasons[i];
  }
  CHECK(redraws > 0);
  CHECK(reasons[static_cast<std::size_t>(Redraw::stalled)] == redraws);
}

TEST_CASE("numbers that lead to infinities are refused, by name") {
  const auto loud = simulation_of("mass_spring", {{"noise.std", 1e308}});
  CHECK_THROWS_WITH_AS(
      [&] {
        for (std::int64_t id = 0; id < 10; ++id) loud.trajectory(Split::train, id);
      }(),
      doctest::Contains("noise.std = 1e+308 is too large"), TrajectoryFailure);
  CHECK_THROWS_WITH_AS(simulation_of("mass_spring", {{"dt", 1e308}}), doctest::Contains("dt = 1e+308"),
                       hamgen::schemas::FieldError);
  CHECK_THROWS_WITH_AS(simulation_of("mass_spring", {{"view.half_width", 1e308}}),
                       doctest::Contains("view.half_width = 1e+308"), hamgen::schemas::FieldError);
}
