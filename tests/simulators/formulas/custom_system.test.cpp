// The system whose Hamiltonian is a formula: the same physics as the systems in C++, its starts, its picture,
// and what it refuses.
#include "simulators/formulas/custom_system.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "tests/simulators/measures.hpp"
#include "tests/simulators/settings_for.hpp"

using namespace hamgen::simulators;
using namespace hamgen::tests;
using Texts = std::vector<std::string>;

namespace {

const Overrides spring_as_formula{};
const Overrides pendulum_as_formula{
    {"physics.constants", Texts{"m = 0.5", "g = 3", "l = 1", "f = 2"}},
    {"physics.hamiltonian", "p^2 / (2 m l^2) + f m g l (1 - cos(q))"},
    {"scene.discs", Texts{"l sin(q); -l cos(q); 0.4"}},
};
const Overrides two_body_as_formula{
    {"physics.coordinates", Texts{"x1", "y1", "x2", "y2"}},
    {"physics.momenta", Texts{"px1", "py1", "px2", "py2"}},
    {"physics.constants", Texts{"g = 1", "m1 = 1", "m2 = 1"}},
    {"physics.hamiltonian",
     "(px1^2 + py1^2) / (2 m1) + (px2^2 + py2^2) / (2 m2) - g m1 m2 / sqrt((x2 - x1)^2 + (y2 - y1)^2)"},
    {"start.values", Texts{"x1 = 1", "y1 = 0", "x2 = -1", "y2 = 0", "px1 = 0", "py1 = 0.4 .. 0.5", "px2 = 0",
                           "py2 = -0.5 .. -0.4"}},
    {"scene.discs", Texts{"x1; y1; 0.5", "x2; y2; 0.5"}},
};
// The example of a system in C++ (example_system.cpp), as a formula.
const Overrides hoop_as_formula{
    {"physics.constants", Texts{"m = 0.5", "g = 3", "r = 1", "w = 1.2"}},
    {"physics.hamiltonian", "p^2 / (2 m r^2) + m g r (1 - cos(q)) - m r^2 w^2 sin(q)^2 / 2"},
};

// Settings of `custom` with one formula of q, p (and a, b = 2, 3).
Overrides formula(const std::string& text) {
  return {{"physics.constants", Texts{"a = 2", "b = 3"}},
          {"physics.hamiltonian", text},
          {"scene.discs", Texts{"q + 0 a; 0 b; 1"}}};
}

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

std::vector<Start> starts_of(const Overrides& overrides, std::uint64_t count) {
  const auto simulation = simulation_of("custom", overrides);
  std::vector<Start> starts;
  for (std::uint64_t i = 0; i < count; ++i) {
    RandomStream random({.seed = 6, .trajectory = i});
    starts.push_back(simulation.system().draw_start(random));
  }
  return starts;
}

}  // namespace

TEST_CASE("formulas move as the systems in C++ do") {
  for (const auto& [name, overrides] :
       std::vector<std::pair<std::string, Overrides>>{{"mass_spring", spring_as_formula},
                                                      {"pendulum", pendulum_as_formula},
                                                      {"two_body", two_body_as_formula},
                                                      {"example_hoop", hoop_as_formula}}) {
    const auto built_in = simulation_of(name), by_formula = simulation_of("custom", overrides);
    const std::size_t d = built_in.dimension();
    REQUIRE(by_formula.dimension() == d);
    CHECK(by_formula.system().is_separable() == built_in.system().is_separable());
    double worst = 0, worst_energy = 0;
    for (std::int64_t id = 0; id < 50; ++id) {
      const Trajectory expected = built_in.trajectory(Split::train, id);
      const Orbit orbit = integrate(by_formula.system(), expected.parameters, row(expected.q, 0, d),
                                    row(expected.p, 0, d), built_in.times(), {});
      worst = std::max({worst, max_difference(orbit.q, expected.q), max_difference(orbit.p, expected.p)});
      worst_energy = std::max(worst_energy,
                              std::abs(by_formula.system().energy(expected.parameters, row(expected.q, 0, d),
                                                                  row(expected.p, 0, d)) -
                                       expected.energy[0]));
    }
    CAPTURE(name);
    CHECK(worst <= 1e-11);
    CHECK(worst_energy <= 1e-14);
  }
}

TEST_CASE("the bead on a turning hoop rests where cos q = g / (r w^2)") {
  const auto simulation = simulation_of("example_hoop");
  const std::vector<double> c{0.5, 3, 1, 2.5}, at_rest{std::acos(3 / 6.25)};
  double force = 1;
  simulation.system().dH_dq(c, at_rest, std::vector<double>{0.0}, MutableReals(&force, 1));
  CHECK(std::abs(force) <= 1e-15);
}

TEST_CASE("separable is what is a sum of terms in q or in p") {
  for (const auto& [text, separable] :
       std::vector<std::pair<std::string, bool>>{{"p^2 / (2 a) + b q^2", true},
                                                 {"-(q^4 - p^2) / a", true},
                                                 {"a (q^2 + p^2) (b + 1)", true},
                                                 {"exp(q) - cos(p) + a b", true},
                                                 {"p^2 / 2 - b", true},
                                                 {"a (q + p)^2", false},
                                                 {"p^2 (1 + q^2) / 2", false},
                                                 {"p^2 / (2 a) + q p", false},
                                                 {"(q^2 + p^2) / (1 + q^2)", false},
                                                 {"sqrt(p^2 + q^2)", false},
                                                 {"p^2 + q^2 + min(q, p - 3)", false}}) {
    CAPTURE(text);
    CHECK(simulation_of("custom", formula(text)).system().is_separable() == separable);
    Overrides leapfrog = formula(text);
    leapfrog.emplace_back("integrator.method", "leapfrog");
    if (separable)
      CHECK_NOTHROW(simulation_of("custom", leapfrog));
    else
      CHECK_THROWS_WITH_AS(simulation_of("custom", leapfrog), doctest::Contains("separable"),
                           hamgen::schemas::FieldError);
  }
}

TEST_CASE("what is not separable follows its closed form") {
  const auto times = even_times(0, 1, 10);
  const double q0 = 0.7, p0 = -0.4, a = 2;
  const auto follow = [&](const std::string& text) {
    const auto simulation = simulation_of("custom", formula(text));
    return integrate(simulation.system(), std::vector<double>{a, 3}, std::vector{q0}, std::vector{p0}, times,
                     {});
  };
  // H = a q p: q grows and p shrinks by e^(a t). H = a I^2, I = q^2 + p^2: a turn at the rate 4 a I.
  const Orbit saddle = follow("a q p"), turn = follow("a (q^2 + p^2)^2");
  const double w = 4 * a * (q0 * q0 + p0 * p0);
  double worst = 0;
  for (std::size_t t = 0; t < times.size(); ++t) {
    const double growth = std::exp(a * times[t]), c = std::cos(w * times[t]), s = std::sin(w * times[t]);
    worst = std::max({worst, std::abs(saddle.q[t] - q0 * growth), std::abs(saddle.p[t] - p0 / growth),
                      std::abs(turn.q[t] - (q0 * c + p0 * s)), std::abs(turn.p[t] - (p0 * c - q0 * s))});
  }
  CHECK(worst <= 1e-12);
}

TEST_CASE("starts are uniform where they are ranges, and constants are drawn by trajectory") {
  const auto starts = starts_of({{"physics.constants", Texts{"m = 0.5 .. 1.5 [kg]", "k = 2 pi"}},
                                 {"start.values", Texts{"p = -1 .. 3", "q = 0.25"}}},
                                4000);
  std::vector<double> m, p;
  for (const Start& start : starts) {
    m.push_back(start.parameters[0]);
    p.push_back(start.p[0]);
    REQUIRE(start.q[0] == 0.25);
    REQUIRE(start.parameters[1] == 2 * std::acos(-1.0));
  }
  CHECK(std::abs(mean_of(m) - 1) <= 0.02);  // standard error 0.005
  CHECK(std::abs(mean_of(p) - 1) <= 0.08);  // 0.018
  CHECK(std::ranges::min(m) >= 0.5);
  CHECK(std::ranges::max(m) <= 1.5);
  CHECK(std::ranges::min(p) < -0.99);
  CHECK(std::ranges::max(p) > 2.99);

  const auto simulation = simulation_of("custom", {{"physics.constants", Texts{"m = 1 [ kg ]", "k=2"}}});
  CHECK(simulation.parameter_labels()[0].unit == "kg");
  CHECK(simulation.parameter_labels()[1].unit.empty());
}

TEST_CASE("start.energy: starts are drawn until H lies in it") {
  const Overrides window{{"start.values", Texts{"q = -2 .. 2", "p = -2 .. 2"}},
                         {"start.energy", std::vector<double>{0.9, 1.1}}};
  const auto simulation = simulation_of("custom", window);
  std::vector<double> energies;
  for (const Start& start : starts_of(window, 1000))
    energies.push_back(simulation.system().energy(start.parameters, start.q, start.p));
  CHECK(std::ranges::min(energies) >= 0.9);
  CHECK(std::ranges::max(energies) <= 1.1);
  // p^2 + q^2 = H: equal areas of phase space have equal widths in H.
  CHECK(std::abs(mean_of(energies) - 1) <= 0.01);
  CHECK_THROWS_WITH_AS(simulation_of("custom", {{"start.energy", std::vector<double>{50, 60}}}),
                       doctest::Contains("start.energy = [50, 60] was not met by any of 10000 starts"),
                       hamgen::schemas::FieldError);
}

TEST_CASE("a formula's text is the dataset's Hamiltonian") {
  CHECK(simulation_of("custom", pendulum_as_formula).hamiltonian() ==
        "H = p^2 / (2 m l^2) + f m g l (1 - cos(q))");
  CHECK(simulation_of("pendulum").hamiltonian() == tested_system("pendulum").hamiltonian);
}

TEST_CASE("the view is what trajectories reach, whatever the seed") {
  // Amplitude 1 to 2, a disc of 0.25: at most 2.25, and 10 % of margin.
  const Overrides wide{{"start.values", Texts{"q = 1 .. 2", "p = 0"}}, {"scene.discs", Texts{"q; 0; 0.25"}}};
  const double half_width = simulation_of("custom", wide).nominal_view().half_width;
  CHECK(half_width >= 2.25);
  CHECK(half_width <= 1.1 * 2.25 + 0.01);
  // Starts of many kinds, so that another sample of them would reach another distance.
  Overrides varied{{"physics.constants", Texts{"m = 0.1 .. 2", "k = 0.5 .. 5"}},
                   {"start.values", Texts{"q = -1 .. 1", "p = -3 .. 3"}}};
  const double of_one_seed = simulation_of("custom", varied).nominal_view().half_width;
  varied.emplace_back("seed", 77);
  CHECK(simulation_of("custom", varied).nominal_view().half_width == of_one_seed);
  CHECK(simulation_of("custom", {{"view.half_width", 7.0}}).nominal_view().half_width == 7);
}

TEST_CASE("discs are formulas of constants, positions and momenta; their radii scale") {
  const auto simulation = simulation_of(
      "custom", {{"scene.discs", Texts{"m; q; 0.1 + k", "p; -q; hypot(q, p)"}}, {"look.radius_scale", 2.0}});
  Scene scene;
  simulation.system().show(std::vector<double>{0.5, 2}, std::vector<double>{3.0}, std::vector<double>{4.0},
                           scene);
  REQUIRE(scene.discs.size() == 2);
  CHECK(scene.discs[0].x == 0.5);
  CHECK(scene.discs[0].y == 3);
  CHECK(scene.discs[0].radius == 2 * 2.1);
  CHECK(scene.discs[1].x == 4);
  CHECK(scene.discs[1].y == -3);
  CHECK(scene.discs[1].radius == 10);
  CHECK(scene.discs[1].body == 1);
  // A disc that ceases to be one on the way is not drawn wrongly.
  const auto shrinking =
      simulation_of("custom", {{"scene.discs", Texts{"0; q; 1.5 - abs(q)"}}, {"view.half_width", 3.0}});
  CHECK_THROWS_WITH_AS(
      shrinking.system().show(std::vector<double>{0.5, 2}, std::vector<double>{1.6}, std::vector<double>{0.0},
                              scene),
      doctest::Contains("\"0; q; 1.5 - abs(q)\" is no disc at m = 0.5, k = 2, q = 1.6, p = 0"),
      hamgen::schemas::FieldError);
}

TEST_CASE("what cannot be meant is refused before the run, by name and place") {
  for (const auto& [path, value, message] :
       std::vector<std::tuple<std::string, hamgen::schemas::Value, std::string>>{
           {"physics.hamiltonian", "p^2/(2*m) + k*qq^2",
            "physics.hamiltonian: at character 15 (\"qq^2\"): unknown name \"qq\": expected one of m, k, q, "
            "p, pi or a function; did you mean \"q\"?"},
           {"physics.hamiltonian", "p^2 / 2 m + k q^2", "physics.hamiltonian: at character 9"},
           {"physics.hamiltonian", "p^2 / m + k log(q - 2)",
            "physics.hamiltonian is not finite where trajectories"},
           {"physics.hamiltonian", "p^2 / m + sqrt(-k q)", "H = nan at m = 0.5, k = 2, q = "},
           {"physics.hamiltonian", "p^2 / m",
            "\"k\" occurs neither in physics.hamiltonian nor in scene.discs"},
           {"physics.coordinates", Texts{"q", "x"}, "expected one for each of 2 physics.coordinates"},
           {"physics.coordinates", Texts{"p"}, "physics.momenta: the name \"p\" is given twice"},
           {"physics.coordinates", Texts{"sin"}, "physics.coordinates: the name \"sin\" is taken"},
           {"physics.coordinates", Texts{"2q"}, "\"2q\" is no name"},
           {"physics.constants", Texts{"m = 0.5", "k = 2", "q = 1"},
            "physics.constants: the name \"q\" is given twice"},
           {"physics.constants", Texts{"m = 0.5", "k"},
            "physics.constants \"k\": expected \"name = number\""},
           {"physics.constants", Texts{"m = 0.5", "k = 3 .. 1"}, "with low <= high"},
           {"physics.constants", Texts{"m = 0.5", "k = 1 .."}, "physics.constants \"k = 1 ..\": at the end"},
           {"physics.constants", Texts{"m = 0.5", "k = m"}, "unknown name \"m\""},
           {"physics.constants", Texts{"m = 0.5", "k = 1 / 0"}, "1 / 0 is not a finite number"},
           {"physics.constants", Texts{"m = 0.5", "k = 1 [N"}, "at character 3"},
           {"start.values", Texts{"q = 1", "q = 2"}, "the start of \"q\" is given twice"},
           {"start.values", Texts{"q = 1", "m = 2"}, "\"m\" is neither a coordinate nor a momentum"},
           {"start.values", Texts{"q = 1", "p 2"}, "start.values \"p 2\": expected \"name = number\""},
           {"scene.discs", Texts{"0; q"}, "scene.discs \"0; q\": expected \"x; y; radius\""},
           {"scene.discs", Texts{"0; q; 1; 2"}, "scene.discs \"0; q; 1; 2\", radius: at character 2"},
           {"scene.discs", Texts{"0; q; -1"}, "radius = -1 (expected finite numbers, radius > 0)"},
           {"scene.discs", Texts{"0; r; 1"},
            "scene.discs \"0; r; 1\", y: at character 1 (\"r\"): unknown name"},
       }) {
    CAPTURE(path);
    CAPTURE(hamgen::schemas::to_text(value));
    CHECK_THROWS_WITH_AS(simulation_of("custom", {{path, value}}), doctest::Contains(message.c_str()),
                         hamgen::schemas::FieldError);
  }
  CHECK_THROWS_WITH_AS(
      simulation_of("custom",
                    {{"physics.coordinates", Texts{"q", "x"}}, {"physics.momenta", Texts{"p", "y"}}}),
      doctest::Contains("start.values does not say where \"x\" starts: expected \"x = low .. high\""),
      hamgen::schemas::FieldError);
}

TEST_CASE("a start on a corner of H is refused, one beside it is not") {
  const auto corner = [](const std::string& start) {
    return Overrides{{"physics.hamiltonian", "p^2 / (2 m) + k abs(q)"},
                     {"start.values", Texts{start, "p = 0 .. 1"}}};
  };
  CHECK_THROWS_WITH_AS(
      simulation_of("custom", corner("q = 0")),
      doctest::Contains("has no derivative with respect to q where trajectories may start: at m = "),
      hamgen::schemas::FieldError);
  CHECK_NOTHROW(simulation_of("custom", corner("q = 1e-5")));
}

TEST_CASE("a refusal names what was left out, for its default is another system's") {
  const Overrides mine{{"physics.coordinates", Texts{"x"}},
                       {"physics.constants", Texts{"w = 2"}},
                       {"physics.hamiltonian", std::string("p^2/2 + w x^2/2")},
                       {"start.values", Texts{"x = 0.1 .. 1", "p = 0"}},
                       {"start.energy", std::monostate{}},
                       {"scene.discs", Texts{"0; x; 0.2"}}};
  CHECK_NOTHROW(simulation_of("custom", mine));
  for (const std::string left_out :
       {"physics.coordinates", "physics.constants", "physics.hamiltonian", "start.values", "scene.discs"}) {
    CAPTURE(left_out);
    Overrides others;
    for (const auto& override : mine)
      if (override.first != left_out) others.push_back(override);
    CHECK_THROWS_WITH_AS(simulation_of("custom", others),
                         doctest::Contains((left_out + ", so it is ").c_str()), hamgen::schemas::FieldError);
  }
}

TEST_CASE("a system may have no constants") {
  const auto simulation = simulation_of("custom", {{"physics.constants", Texts{}},
                                                   {"physics.hamiltonian", std::string("p^2/2 + q^2/2")},
                                                   {"start.energy", std::monostate{}}});
  CHECK(simulation.parameter_labels().empty());
  CHECK(simulation.trajectory(Split::train, 0).parameters.empty());
}
