// What every registered system promises. A system added to the registry is tested here without another line.
#include "simulators/registry.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "tests/simulators/measures.hpp"
#include "tests/simulators/settings_for.hpp"

using namespace hamgen::simulators;
using namespace hamgen::tests;

namespace {

// Largest difference between `gradient` and eighth-order central differences of `energy` along each
// coordinate of x, relative to the gradient (to the energy where that is larger: the differences lose its
// last digits).
double gradient_error(const std::function<double(Reals)>& energy, std::vector<double> x, Reals gradient) {
  double worst = 0, scale = std::abs(energy(x));
  for (const double component : gradient) scale = std::max(scale, std::abs(component));
  for (std::size_t k = 0; k < x.size(); ++k) {
    const double centre = x[k];
    const auto at = [&](double shift) {
      x[k] = centre + shift;
      return energy(x);
    };
    const double slope = central_slope(at, 1e-3);
    x[k] = centre;
    worst = std::max(worst, std::abs(slope - gradient[k]) / scale);
  }
  return worst;
}

// Discs that are not as they should be in a world that repeats: the view is one period, every body's own disc
// has its centre in it, and what reaches across the border comes in again on the other side, by a copy that
// is nothing else.
std::size_t misplaced(const Scene& scene, const View& view, double period, std::size_t bodies) {
  std::size_t wrong = view.half_width != period / 2, own = 0, copies = 0, expected_copies = 0;
  const auto shift = [&](double at, double radius) {
    return at + radius > period / 2 ? -period : at - radius < -period / 2 ? period : 0;
  };
  const auto has_copy = [&](const Disc& disc, double x, double y) {
    return std::ranges::any_of(scene.discs, [&](const Disc& other) {
      return other.is_copy && other.body == disc.body && other.radius == disc.radius && other.x == x &&
             other.y == y;
    });
  };
  for (const Disc& disc : scene.discs) {
    if (disc.is_copy) {
      ++copies;
      continue;
    }
    ++own;
    const double dx = disc.x - view.center_x, dy = disc.y - view.center_y;
    wrong += std::max(std::abs(dx), std::abs(dy)) > view.half_width;
    for (const double x : std::set{0.0, shift(dx, disc.radius)})
      for (const double y : std::set{0.0, shift(dy, disc.radius)})
        if (x != 0 || y != 0) {
          ++expected_copies;
          wrong += !has_copy(disc, disc.x + x, disc.y + y);
        }
  }
  return wrong + (own != bodies) + (copies != expected_copies);
}

}  // namespace

TEST_CASE("an unknown system is refused with the names there are") {
  CHECK_THROWS_WITH_AS(find_system("tree_body"), doctest::Contains("three_body"),
                       hamgen::schemas::FieldError);
}

TEST_CASE("names are unique and lead back to their system") {
  std::set<std::string> names;
  for (const auto& descriptor : systems()) {
    CHECK(names.insert(descriptor.name).second);
    CHECK(&find_system(descriptor.name) == &descriptor);
    CHECK_FALSE(descriptor.summary.empty());
    CHECK_FALSE(descriptor.hamiltonian.empty());
    CHECK_FALSE(descriptor.reference.empty());
    CHECK_FALSE(descriptor.conserved.empty());
  }
}

TEST_CASE("labels, names and starts are as many as coordinates and parameters") {
  for (const auto& descriptor : tested_systems()) {
    CAPTURE(descriptor.name);
    const auto simulation = simulation_of(descriptor.name);
    const System& system = simulation.system();
    const std::size_t d = system.dimension();
    RandomStream random({.seed = 3});
    const Start start = system.draw_start(random);
    CHECK(start.q.size() == d);
    CHECK(start.p.size() == d);
    CHECK(system.coordinate_names().size() == d);
    CHECK(system.parameter_labels().size() == start.parameters.size());

    std::set<std::string> labels;
    for (const auto& name : system.coordinate_names()) CHECK(labels.insert(name).second);
    for (const auto& label : system.parameter_labels()) CHECK(labels.insert(label.name).second);
    const PortraitAxes axes = system.portrait_axes();
    CHECK_FALSE(axes.planes.empty());
    for (const auto& [x, y] : axes.planes) CHECK(std::max(x, y) < 2 * d);
  }
}

TEST_CASE("the gradients are those of the energy") {
  for (const auto& descriptor : tested_systems()) {
    const auto simulation = simulation_of(descriptor.name);
    const System& system = simulation.system();
    double worst = 0;
    for (std::uint64_t id = 0; id < 100; ++id) {
      RandomStream random({.seed = 4, .trajectory = id});
      const Start start = system.draw_start(random);
      const Reals c = start.parameters;
      std::vector<double> gradient(system.dimension());
      system.dH_dq(c, start.q, start.p, gradient);
      const auto of_q = [&](Reals q) { return system.energy(c, q, start.p); };
      worst = std::max(worst, gradient_error(of_q, start.q, gradient));
      system.dH_dp(c, start.q, start.p, gradient);
      const auto of_p = [&](Reals p) { return system.energy(c, start.q, p); };
      worst = std::max(worst, gradient_error(of_p, start.p, gradient));
    }
    CAPTURE(descriptor.name);
    CHECK(worst <= 1e-9);
  }
}

TEST_CASE("a system that calls itself separable is H = V(q) + K(p)") {
  for (const auto& descriptor : tested_systems()) {
    const auto simulation = simulation_of(descriptor.name);
    const System& system = simulation.system();
    if (!system.is_separable()) continue;
    CAPTURE(descriptor.name);
    RandomStream random({.seed = 5});
    const Start a = system.draw_start(random), b = system.draw_start(random);
    const auto energy = [&](const Start& q_of, const Start& p_of) {
      return system.energy(a.parameters, q_of.q, p_of.p);
    };
    const double scale = std::max({1.0, std::abs(energy(a, a)), std::abs(energy(a, b))});
    CHECK(std::abs(energy(a, a) + energy(b, b) - energy(a, b) - energy(b, a)) <= 1e-13 * scale);
  }
}

TEST_CASE("a system that calls itself reversible has H(q, -p) = H(q, p), and no other has") {
  for (const auto& descriptor : tested_systems()) {
    CAPTURE(descriptor.name);
    const auto simulation = simulation_of(descriptor.name);
    const System& system = simulation.system();
    double worst = 0;
    for (std::uint64_t id = 0; id < 20; ++id) {
      RandomStream random({.seed = 6, .trajectory = id});
      const Start start = system.draw_start(random);
      std::vector<double> turned = start.p;
      for (double& momentum : turned) momentum = -momentum;
      const double energy = system.energy(start.parameters, start.q, start.p);
      worst = std::max(
          worst, std::abs(system.energy(start.parameters, start.q, turned) - energy) / std::abs(energy));
    }
    CHECK((worst <= 1e-12) == system.is_reversible());
    CHECK(simulation.is_reversible() == system.is_reversible());
  }
}

TEST_CASE("the discs of clean trajectories stay inside the nominal view") {
  for (const auto& descriptor : tested_systems()) {
    const auto simulation = simulation_of(descriptor.name);
    const View view = simulation.nominal_view();
    Scene scene;
    scene.discs.resize(17);  // left-overs, which are to be overwritten
    std::size_t total = 0, outside = 0, invisible = 0;
    for (std::int64_t id = 0; id < 200; ++id) {
      const Trajectory trajectory = simulation.trajectory(Split::train, id);
      for (std::size_t t = 0; t < simulation.frames(); ++t) {
        const std::size_t d = simulation.dimension();
        simulation.show(trajectory.parameters, row(trajectory.q, t, d), row(trajectory.p, t, d), scene);
        const double period = simulation.system().period();
        if (period > 0) outside += misplaced(scene, view, period, simulation.system().bodies());
        for (const Disc& disc : scene.discs) {
          const double reach = std::max(std::abs(disc.x - view.center_x), std::abs(disc.y - view.center_y));
          outside += period == 0 && reach + disc.radius > view.half_width * (1 + 1e-12);
          invisible += !(disc.radius > 0) || disc.body >= simulation.system().bodies();
        }
        total += scene.discs.size() + scene.tiles.values.size();
      }
    }
    CAPTURE(descriptor.name);
    CHECK(total > 0);
    CHECK(invisible == 0);
    if (descriptor.name == "n_body")
      CHECK(outside <= total / 1000);  // four bodies throw one another out now and then
    else
      CHECK(outside == 0);
  }
}

TEST_CASE("the view follows the physics: stiff or slow springs, long rods, large starts") {
  for (const auto& [name, overrides] : std::vector<std::pair<std::string, Overrides>>{
           {"mass_spring", {{"physics.stiffness", 0.1}, {"start.radius", std::vector<double>{1.0, 2.0}}}},
           {"mass_spring", {{"physics.mass", 4.0}, {"physics.stiffness", 9.0}}},
           {"pendulum",
            {{"physics.length", 2.5}, {"physics.potential_factor", 1.0}, {"view.margin", 0.0}}}}) {
    const auto simulation = simulation_of(name, overrides);
    Scene scene;
    double reach = 0;
    for (std::int64_t id = 0; id < 200; ++id) {
      const Trajectory trajectory = simulation.trajectory(Split::train, id);
      for (const double q : trajectory.q) {
        simulation.system().show(trajectory.parameters, Reals(&q, 1), {}, scene);
        const Disc& disc = scene.discs[0];
        reach = std::max({reach, std::abs(disc.x) + disc.radius, std::abs(disc.y) + disc.radius});
      }
    }
    CAPTURE(name);
    CHECK(reach <= simulation.nominal_view().half_width * (1 + 1e-12));
    CHECK(reach >= 0.9 * simulation.nominal_view().half_width);  // and no wider than needed
  }
}

TEST_CASE("view.margin leaves space around what a system needs, and pendulums have some by default") {
  const auto half_width = [](const std::string& name, const Overrides& overrides) {
    return simulation_of(name, overrides).nominal_view().half_width;
  };
  for (const char* name : {"pendulum", "two_body"}) {
    const double needed = simulation_of(name).system().half_width();
    CHECK(half_width(name, {{"view.margin", 0.0}}) == needed);
    CHECK(half_width(name, {{"view.margin", 0.25}}) == needed * 1.25);
    CHECK(half_width(name, {{"view.margin", 0.25}, {"view.offset", 0.5}}) == needed * 1.25 + 0.5);
    CHECK(half_width(name, {{"view.margin", 0.25}, {"view.half_width", 2.0}}) == 2);
  }
  CHECK(half_width("pendulum", {}) >= 1.1 * simulation_of("pendulum").system().half_width());
  CHECK_THROWS_WITH_AS(half_width("lennard_jones", {{"view.margin", 0.1}}),
                       doctest::Contains("view.margin = 0.1"), hamgen::schemas::FieldError);
  CHECK_THROWS_WITH_AS(half_width("pendulum", {{"view.margin", 1e308}, {"physics.length", 1e10}}),
                       doctest::Contains("no finite width"), hamgen::schemas::FieldError);
}

TEST_CASE(
    "the pendulum's bob hangs below its pivot, the spring's mass moves vertically, bodies are where they "
    "are") {
  Scene scene;
  const auto& discs = scene.discs;
  const auto pendulum = simulation_of("pendulum", {{"physics.length", 1.5}});
  pendulum.system().show(std::vector<double>{0.5, 3, 1.5, 2}, std::vector<double>{0.0}, {}, scene);
  CHECK(discs.size() == 1);
  CHECK(discs[0].x == 0);
  CHECK(discs[0].y == -1.5);
  pendulum.system().show(std::vector<double>{0.5, 3, 1.5, 2}, std::vector<double>{std::acos(0.0)}, {}, scene);
  CHECK(discs[0].x == 1.5);
  CHECK(std::abs(discs[0].y) <= 1e-15);
  simulation_of("mass_spring")
      .system()
      .show(std::vector<double>{0.5, 2}, std::vector<double>{0.3}, {}, scene);
  CHECK(discs[0].x == 0);
  CHECK(discs[0].y == 0.3);
  CHECK(relative_error(discs[0].radius, std::sqrt(0.5 / std::acos(-1.0))) <= 1e-15);  // area = mass
  simulation_of("two_body")
      .system()
      .show(std::vector<double>{1, 1, 1}, std::vector<double>{1, 2, 3, 4}, {}, scene);
  REQUIRE(discs.size() == 2);
  CHECK(discs[0].x == 1);
  CHECK(discs[0].y == 2);
  CHECK(discs[1].x == 3);
  CHECK(discs[1].y == 4);
}
