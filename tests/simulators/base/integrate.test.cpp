// The solvers: order, tolerance, landing, failure, and the refusals.
#include "simulators/base/integrate.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "simulators/base/units.hpp"
#include "tests/simulators/closed_forms.hpp"
#include "tests/simulators/measures.hpp"
#include "tests/simulators/settings_for.hpp"

using namespace hamgen::simulators;
using namespace hamgen::tests;

namespace {

const KeplerOrbit ellipse{
    .m1 = 1, .m2 = 0.7, .g = 1, .semi_major = 1, .eccentricity = 0.4, .orientation = 0.3, .anomaly = 1};

Orbit follow(const KeplerOrbit& orbit, const std::vector<double>& times, const IntegratorOptions& options) {
  const auto simulation =
      simulation_of("n_body", {{"physics.masses", std::vector<double>{orbit.m1, orbit.m2}}});
  const auto [q0, p0] = orbit.at(times[0]);
  return integrate(simulation.system(), std::vector{orbit.g, orbit.m1, orbit.m2}, q0, p0, times, options);
}

// The largest error after one period of the ellipse, in a single interval.
double error_after_a_period(const IntegratorOptions& options) {
  const double period = ellipse.period();
  const Orbit orbit = follow(ellipse, {0, period}, options);
  const auto [q, p] = ellipse.at(period);
  return std::max(max_difference(row(orbit.q, 1, 4), q), max_difference(row(orbit.p, 1, 4), p));
}

// H = (1 + q^2) p^2 / 2 + q^2 / 2: q and p do not separate.
class Entangled final : public System {
 public:
  std::size_t dimension() const override { return 1; }
  std::vector<std::string> coordinate_names() const override { return {"q"}; }
  std::vector<Label> parameter_labels() const override { return {}; }
  std::string position_unit() const override { return "1"; }
  std::string momentum_unit() const override { return "1"; }
  Start draw_start(RandomStream&) const override { return {{}, {0.5}, {0.8}}; }
  double energy(Reals, Reals q, Reals p) const override {
    return (1 + q[0] * q[0]) * p[0] * p[0] / 2 + q[0] * q[0] / 2;
  }
  void dH_dq(Reals, Reals q, Reals p, MutableReals out) const override { out[0] = q[0] * (p[0] * p[0] + 1); }
  void dH_dp(Reals, Reals q, Reals p, MutableReals out) const override { out[0] = (1 + q[0] * q[0]) * p[0]; }
  bool is_separable() const override { return false; }
  void show(Reals, Reals, Reals, Scene& scene) const override { scene.discs.clear(); }
  std::size_t bodies() const override { return 0; }
  double half_width() const override { return 1; }
  PortraitAxes portrait_axes() const override { return {{{0, 1}}, "q", "p"}; }
};

}  // namespace

TEST_CASE("fixed steps converge with the order of the method") {
  using Case = std::pair<std::string, int>;
  for (const auto& [method, coarsest] : {Case{"rk4", 200}, Case{"leapfrog", 1000}}) {
    CAPTURE(method);
    std::vector<double> steps, errors;
    for (int refinement = 1; refinement <= 16; refinement *= 2) {
      steps.push_back(1.0 / (coarsest * refinement));
      errors.push_back(error_after_a_period({.method = method, .substeps = coarsest * refinement}));
    }
    CHECK(std::abs(fitted_exponent(steps, errors) - find_solver(method).order) <= 0.1);
  }
}

TEST_CASE("substeps are the equal steps of each interval") {
  for (const std::string method : {"rk4", "leapfrog"}) {
    CAPTURE(method);
    const Orbit two = follow(ellipse, even_times(0, 1, 2), {.method = method, .substeps = 4});
    const Orbit eight = follow(ellipse, even_times(0, 1, 8), {.method = method, .substeps = 1});
    CHECK(max_difference(row(two.q, 2, 4), row(eight.q, 8, 4)) <= 1e-15);
    CHECK(max_difference(row(two.p, 2, 4), row(eight.p, 8, 4)) <= 1e-15);
  }
}

TEST_CASE("the error of an adaptive method falls in proportion to its tolerance") {
  for (const std::string method : {"fehlberg78", "dopri5"}) {
    CAPTURE(method);
    std::vector<double> tolerances, errors;
    for (double tolerance = 1e-5; tolerance > 1e-11; tolerance /= std::sqrt(10.0)) {
      tolerances.push_back(tolerance);
      errors.push_back(error_after_a_period(
          {.method = method, .absolute_tolerance = tolerance, .relative_tolerance = tolerance}));
    }
    const double exponent = fitted_exponent(tolerances, errors);
    CHECK(exponent > 0.7);
    CHECK(exponent < 1.3);
  }
}

TEST_CASE("every adaptive method reaches a small error at the default tolerance") {
  for (const auto& solver : solvers()) {
    if (!solver.is_adaptive) continue;
    CAPTURE(solver.name);
    const double strict = error_after_a_period({.method = solver.name});
    const double loose =
        error_after_a_period({.method = solver.name, .absolute_tolerance = 1e-6, .relative_tolerance = 1e-6});
    CHECK(strict <= 1e-10);
    CHECK(strict < loose / 100);
  }
}

TEST_CASE("solvers land on every time asked for, even or not, forwards or backwards") {
  for (const auto& solver : solvers())
    for (const std::vector<double>& times :
         {std::vector<double>{0, 0.1, 0.1 + 1e-9, 0.7, 5}, std::vector<double>{2, 1.5, 1.4999999, -3}}) {
      CAPTURE(solver.name);
      const Orbit orbit = follow(ellipse, times, {.method = solver.name, .substeps = 4000});
      const double bound = solver.is_adaptive ? 1e-11 : solver.order == 4 ? 1e-9 : 1e-4;
      REQUIRE(orbit.q.size() == 4 * times.size());
      REQUIRE(orbit.p.size() == 4 * times.size());
      for (std::size_t t = 0; t < times.size(); ++t) {
        const auto [q, p] = ellipse.at(times[t]);
        CHECK(max_difference(row(orbit.q, t, 4), q) <= (t == 0 ? 0 : bound));
        CHECK(max_difference(row(orbit.p, t, 4), p) <= (t == 0 ? 0 : bound));
      }
    }
}

TEST_CASE("a head-on collision fails, and fails soon" * doctest::timeout(60)) {
  const auto simulation = simulation_of("two_body");
  const std::vector<double> c{1, 1, 1}, q{-0.5, 0, 0.5, 0}, at_rest(4, 0.0);
  for (const auto& solver : solvers()) {
    if (!solver.is_adaptive) continue;
    CAPTURE(solver.name);
    CHECK_THROWS_AS(
        integrate(simulation.system(), c, q, at_rest, std::vector<double>{0, 10}, {.method = solver.name}),
        IntegrationFailure);
  }
  // Bodies on top of each other: no number comes out, for any method.
  for (const auto& solver : solvers()) {
    CAPTURE(solver.name);
    CHECK_THROWS_AS(integrate(simulation.system(), c, at_rest, at_rest, std::vector<double>{0, 1},
                              {.method = solver.name}),
                    IntegrationFailure);
  }
}

TEST_CASE("an adaptive method that needs more than max_steps tries says where it gave up") {
  CHECK_THROWS_WITH_AS(follow(ellipse, {0, 6}, {.max_steps = 3}), doctest::Contains("after 3 steps at t = "),
                       IntegrationFailure);
  CHECK_NOTHROW(follow(ellipse, {0, 6}, {.max_steps = 1000}));
}

TEST_CASE("leapfrog refuses a Hamiltonian that is not separable, the other methods solve it") {
  const Entangled system;
  const std::vector<double> q{0.5}, p{0.8}, times{0, 1, 2, 4};
  CHECK_THROWS_WITH_AS(integrate(system, {}, q, p, times, {.method = "leapfrog"}),
                       doctest::Contains("separable"), hamgen::schemas::FieldError);
  for (const auto& solver : solvers()) {
    if (solver.needs_separable) continue;
    CAPTURE(solver.name);
    const Orbit orbit = integrate(system, {}, q, p, times, {.method = solver.name, .substeps = 2000});
    for (std::size_t t = 0; t < times.size(); ++t)
      CHECK(std::abs(system.energy({}, row(orbit.q, t, 1), row(orbit.p, t, 1)) - system.energy({}, q, p)) <=
            1e-11);
  }
}

TEST_CASE("an unknown solver is refused with the names there are") {
  CHECK_THROWS_WITH_AS(follow(ellipse, {0, 1}, {.method = "euler"}), doctest::Contains("leapfrog"),
                       hamgen::schemas::FieldError);
}

TEST_CASE("one notch stricter is a tenth of the tolerance and half the step") {
  const IntegratorOptions stricter = IntegratorOptions{}.tightened();
  CHECK(relative_error(stricter.absolute_tolerance, 1e-14) <= 1e-15);
  CHECK(relative_error(stricter.relative_tolerance, 1e-14) <= 1e-15);
  CHECK(stricter.substeps == 2 * IntegratorOptions{}.substeps);
}

TEST_CASE(
    "a motion far below 1 is integrated in units of its own, which are powers of two and round nothing") {
  const auto simulation = simulation_of("mass_spring");
  const std::vector<double> c{0.5, 2}, times = even_times(0, 10, 40);  // q and p have the same amplitude
  constexpr double tiny = 0x1p-40;
  for (const auto& solver : solvers()) {
    CAPTURE(solver.name);
    const IntegratorOptions options{.method = solver.name};
    const auto from = [&](double q0) {
      return integrate(simulation.system(), c, std::vector{q0}, std::vector{0.0}, times, options);
    };
    const Orbit ordinary = from(1.5), small = from(1.5 * tiny);
    for (std::size_t t = 0; t < times.size(); ++t) {
      CHECK(small.q[t] == tiny * ordinary.q[t]);
      CHECK(small.p[t] == tiny * ordinary.p[t]);
    }
  }
}

TEST_CASE("what is small because it moves nothing keeps its unit") {
  const auto simulation = simulation_of("mass_spring");
  const std::vector<double> c{0.5, 2}, q{1.0, 1.0}, rest{1e-17, -1e-17}, swing{1e-7, -1e-7};
  const Units at_rest = units_of(simulation.system(), c, {q, rest, 1, 10});
  CHECK(at_rest.q == 1);
  CHECK(at_rest.p == 1);
  CHECK(units_of(simulation.system(), c, {q, swing, 1, 1000}).p == 0x1p-24);
}

TEST_CASE("a limit of a step's energy sees a kink of the force that the estimate of the error does not") {
  const auto simulation =
      simulation_of("custom", {{"physics.constants", std::vector<std::string>{}},
                               {"physics.hamiltonian", std::string("p^2/2 + 200 max(0, abs(q)-1)^2")},
                               {"start.energy", std::monostate{}}});
  const std::vector<double> q0{0.3}, p0{0.7}, times = even_times(0, 6, 60);
  const auto drift = [&](const IntegratorOptions& options) {
    const Orbit orbit = integrate(simulation.system(), {}, q0, p0, times, options);
    double largest = 0;
    for (std::size_t t = 0; t < times.size(); ++t)
      largest = std::max(
          largest, std::abs(simulation.system().energy({}, row(orbit.q, t, 1), row(orbit.p, t, 1)) - 0.245));
    return largest;
  };
  for (const std::string method : {"fehlberg78", "dopri5", "bulirsch_stoer"}) {
    CAPTURE(method);
    CHECK(drift({.method = method, .max_step_energy = 1e-14}) <= 1e-11);
  }
  CHECK(drift({}) > 1e-10);
}
