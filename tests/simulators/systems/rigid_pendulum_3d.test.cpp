// The spherical pendulum against elliptic functions and integrals, the conical pendulum, and Newton's law in
// Cartesian coordinates.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <boost/math/special_functions/ellint_1.hpp>
#include <boost/math/special_functions/ellint_3.hpp>
#include <boost/math/special_functions/jacobi_elliptic.hpp>
#include <cmath>
#include <numbers>

#include "tests/simulators/measures.hpp"
#include "tests/simulators/settings_for.hpp"

using namespace hamgen::simulators;
using namespace hamgen::tests;

namespace {

using std::numbers::pi;
using Real = long double;
using Vector = std::array<Real, 3>;
using Range = std::vector<double>;

// The swing that is at its lowest, theta_1, at t = 0, with phi = 0, for m = g = l = 1:
//   cos theta = u_1 - (u_1 - u_2) sn^2(kappa t | k),  kappa^2 = (u_1 - u_3) / 2,
//   k^2 = (u_1 - u_2) / (u_1 - u_3),
// and phi = p_phi integral dt / (1 - u^2), which partial fractions turn into two integrals of the third kind.
struct Swing {
  Real u_1, u_2;
  Real u_3 = -(1 + u_1 * u_2) / (u_1 + u_2);
  Real kappa = std::sqrt((u_1 - u_3) / 2), k = std::sqrt((u_1 - u_2) / (u_1 - u_3));
  Real p_phi = std::sqrt(2 * (1 - u_1 * u_1) * (1 - u_2 * u_2) / (u_1 + u_2));

  Real half_period() const { return boost::math::ellint_1(k) / kappa; }
  Real theta(Real t) const {
    const Real sn = boost::math::jacobi_sn(k, kappa * t);
    return std::acos(u_1 - (u_1 - u_2) * sn * sn);
  }
  Real phi(Real t) const {
    const Real whole = 2 * half_period(), turns = std::round(t / whole);
    const Real x = kappa * (t - turns * whole);
    const Real amplitude = std::atan2(boost::math::jacobi_sn(k, x), boost::math::jacobi_cn(k, x));
    const auto third_kind = [&](Real n) {
      const Real rest = boost::math::ellint_3(k, n, std::abs(amplitude));
      return 2 * turns * boost::math::ellint_3(k, n) + (amplitude < 0 ? -rest : rest);
    };
    return p_phi / (2 * kappa) *
           (third_kind(-(u_1 - u_2) / (1 - u_1)) / (1 - u_1) +
            third_kind((u_1 - u_2) / (1 + u_1)) / (1 + u_1));
  }
};

// The same bob in Cartesian coordinates: r'' = -g e_z - lambda r with the rod's pull lambda = (v^2 - g z) /
// l^2, by the classical Runge-Kutta method in long double.
struct Cartesian {
  Real g, l;
  Vector r, v;

  void advance(Real time, int steps) {
    const auto pull = [this](const Vector& at, const Vector& speed, int k) {
      const Real square = speed[0] * speed[0] + speed[1] * speed[1] + speed[2] * speed[2];
      return -(square - g * at[2]) / (l * l) * at[k] - (k == 2 ? g : 0);
    };
    const Real h = time / steps;
    for (int step = 0; step < steps; ++step) {
      std::array<Vector, 4> dr, dv;
      for (int stage = 0; stage < 4; ++stage) {
        Vector r_at = r, v_at = v;
        const Real part = stage == 0 ? 0 : stage == 3 ? h : h / 2;
        for (int k = 0; stage > 0 && k < 3; ++k)
          r_at[k] += part * dr[stage - 1][k], v_at[k] += part * dv[stage - 1][k];
        dr[stage] = v_at;
        for (int k = 0; k < 3; ++k) dv[stage][k] = pull(r_at, v_at, k);
      }
      for (int k = 0; k < 3; ++k) {
        r[k] += h / 6 * (dr[0][k] + 2 * dr[1][k] + 2 * dr[2][k] + dr[3][k]);
        v[k] += h / 6 * (dv[0][k] + 2 * dv[1][k] + 2 * dv[2][k] + dv[3][k]);
      }
    }
  }
};

Vector position(double l, Reals q) {
  return {l * std::sin(Real(q[0])) * std::cos(Real(q[1])), l * std::sin(Real(q[0])) * std::sin(Real(q[1])),
          -l * std::cos(Real(q[0]))};
}

}  // namespace

TEST_CASE("the spherical pendulum follows elliptic functions and integrals, for all m, g and l") {
  const double m = 0.7, g = 2.3, l = 1.4, unit = std::sqrt(l / g);
  const auto simulation = simulation_of("rigid_pendulum_3d");
  for (const auto& [theta_1, theta_2] : {std::pair{0.3, 1.4}, {0.05, 1.0}, {0.6, 2.4}, {1.0, 1.01}}) {
    const Swing swing{.u_1 = std::cos(Real(theta_1)), .u_2 = std::cos(Real(theta_2))};
    const std::vector<double> q0{theta_1, 0}, p0{0, m * l * l / unit * static_cast<double>(swing.p_phi)};
    const auto times = even_times(0, 3 * 2 * unit * static_cast<double>(swing.half_period()), 60);
    const Orbit orbit = integrate(simulation.system(), std::vector{m, g, l}, q0, p0, times, {});
    double worst_theta = 0, worst_phi = 0;
    for (std::size_t t = 0; t < times.size(); ++t) {
      const Real time = times[t] / unit;
      worst_theta = std::max(worst_theta, std::abs(orbit.q[2 * t] - static_cast<double>(swing.theta(time))));
      worst_phi = std::max(worst_phi, std::abs(orbit.q[2 * t + 1] - static_cast<double>(swing.phi(time))));
    }
    CAPTURE(theta_1);
    CAPTURE(theta_2);
    CHECK(worst_theta <= 1e-11);
    CHECK(worst_phi <= 2e-11);  // near the lowest point a small error of theta is a large one of phi
    // Half a period later it is at its highest; after a whole one it has turned on past half a turn: a
    // sphere's ellipse precesses forwards.
    CHECK(std::abs(orbit.q[2 * 10] - theta_2) <= 1e-11);
    CHECK(orbit.q[2 * 20 + 1] > pi);
    CHECK(orbit.q[2 * 20 + 1] < 2 * pi);
  }
}

TEST_CASE("a conical pendulum keeps its angle and turns evenly") {
  const auto simulation =
      simulation_of("rigid_pendulum_3d",
                    {{"start.lowest", Range{0.8}}, {"start.highest", Range{0.8}}, {"physics.length", 2.0}});
  const double rate = std::sqrt(3.0 / (2.0 * std::cos(0.8)));
  for (std::int64_t id = 0; id < 20; ++id) {
    const Trajectory trajectory = simulation.trajectory(Split::train, id);
    const double sense = trajectory.p[1] < 0 ? -1 : 1;
    double worst = 0;
    for (std::size_t t = 0; t < simulation.frames(); ++t) {
      const double phi = trajectory.q[1] + sense * rate * simulation.times()[t];
      worst = std::max({worst, std::abs(trajectory.q[2 * t] - 0.8), std::abs(trajectory.q[2 * t + 1] - phi)});
    }
    CHECK(worst <= 1e-12);
  }
}

TEST_CASE("the spherical pendulum is Newton's law in Cartesian coordinates, in any direction and sense") {
  const auto simulation = simulation_of("rigid_pendulum_3d", {{"physics.mass", Range{0.3, 2}},
                                                              {"physics.gravity", Range{1, 5}},
                                                              {"physics.length", Range{0.7, 1.5}}});
  double worst = 0;
  for (std::int64_t id = 0; id < 20; ++id) {
    const Trajectory trajectory = simulation.trajectory(Split::train, id);
    const double m = trajectory.parameters[0], g = trajectory.parameters[1], l = trajectory.parameters[2];
    const double theta = trajectory.q[0], phi = trajectory.q[1];
    const Real along = trajectory.p[0] / (m * l), across = trajectory.p[1] / (m * l * std::sin(theta));
    Cartesian bob{
        g,
        l,
        position(l, row(trajectory.q, 0, 2)),
        {along * std::cos(theta) * std::cos(phi) - across * std::sin(phi),
         along * std::cos(theta) * std::sin(phi) + across * std::cos(phi), along * std::sin(theta)}};
    for (std::size_t t = 1; t < simulation.frames(); ++t) {
      bob.advance(simulation.times()[t] - simulation.times()[t - 1], 200);
      const Vector r = position(l, row(trajectory.q, t, 2));
      for (int k = 0; k < 3; ++k) worst = std::max(worst, std::abs(static_cast<double>(r[k] - bob.r[k])));
    }
  }
  CHECK(worst <= 1e-10);
}

TEST_CASE("the angular momentum about the vertical is exactly constant and theta stays in its swing") {
  const auto simulation = simulation_of(
      "rigid_pendulum_3d", {{"start.lowest", Range{0.02, 0.4}}, {"start.highest", Range{0.5, 2.6}}});
  int clockwise = 0;
  double least = pi, largest = 0;
  for (std::int64_t id = 0; id < 500; ++id) {
    const Trajectory trajectory = simulation.trajectory(Split::train, id);
    CHECK(trajectory.redraws == 0);
    clockwise += trajectory.p[1] < 0;
    for (std::size_t t = 0; t < simulation.frames(); ++t) {
      CHECK(trajectory.p[2 * t + 1] == trajectory.p[1]);
      least = std::min(least, trajectory.q[2 * t]);
      largest = std::max(largest, trajectory.q[2 * t]);
    }
  }
  CHECK(clockwise > 194);  // five standard deviations
  CHECK(clockwise < 306);
  CHECK(least > 0.02 * (1 - 1e-10));
  CHECK(least < 0.1);
  CHECK(largest < 2.6 * (1 + 1e-10));
  CHECK(largest > 2.4);
}

TEST_CASE("the spherical pendulum's view fits its swing from every elevation, neither cut nor wide") {
  for (const double elevation : {0.0, 30.0, 60.0, 90.0})
    for (const auto& [lowest, highest] :
         {std::pair{Range{0.1, 0.2}, Range{0.3, 0.5}}, std::pair{Range{0.2, 0.8}, Range{0.9, 2.3}}}) {
      const auto simulation = simulation_of("rigid_pendulum_3d", {{"look.elevation", elevation},
                                                                  {"look.depth", 0.3},
                                                                  {"start.lowest", lowest},
                                                                  {"start.highest", highest},
                                                                  {"physics.mass", Range{0.1, 0.5}},
                                                                  {"physics.length", Range{0.5, 1.5}}});
      Scene scene;
      double reach = 0;
      for (std::int64_t id = 0; id < 500; ++id) {
        const Trajectory trajectory = simulation.trajectory(Split::train, id);
        for (std::size_t t = 0; t < simulation.frames(); ++t) {
          simulation.system().show(trajectory.parameters, row(trajectory.q, t, 2), {}, scene);
          const Disc& disc = scene.discs[0];
          reach = std::max({reach, std::abs(disc.x) + disc.radius, std::abs(disc.y) + disc.radius});
        }
      }
      CAPTURE(elevation);
      CAPTURE(highest[1]);
      CHECK(reach <= simulation.nominal_view().half_width * (1 + 1e-12));
      CHECK(reach >= 0.9 * simulation.nominal_view().half_width);
    }
}

TEST_CASE("the spherical pendulum from above, from the side and from between: where it is and how near") {
  const std::vector<double> c{0.5, 3, 2}, q{pi / 6, pi / 2};  // behind the pivot: x = 0, y = 1, z = -sqrt(3)
  const double radius = 0.7 * std::sqrt(0.5 / pi), root = std::sqrt(3.0);
  using View = std::array<double, 4>;  // elevation, screen x, screen y, part of l towards the viewer
  for (const auto& [elevation, x, y, near] :
       {View{90, 0, 1, -root / 2}, View{0, 0, -root, -0.5}, View{30, 0, 0.5 - 1.5, -root / 2}}) {
    const auto simulation =
        simulation_of("rigid_pendulum_3d", {{"look.elevation", elevation}, {"look.depth", 0.3}});
    Scene scene;
    simulation.system().show(c, q, {}, scene);
    CAPTURE(elevation);
    REQUIRE(scene.discs.size() == 1);
    CHECK(std::abs(scene.discs[0].x - x) <= 1e-15);
    CHECK(std::abs(scene.discs[0].y - y) <= 1e-15);
    CHECK(relative_error(scene.discs[0].radius, radius * (1 + 0.3 * near)) <= 1e-15);
  }
}

TEST_CASE("the spherical pendulum refuses swings that gravity does not allow") {
  const auto with = [](const Range& lowest, const Range& highest) {
    simulation_of("rigid_pendulum_3d", {{"start.lowest", lowest}, {"start.highest", highest}});
  };
  CHECK_THROWS_WITH_AS(with({0.3, 1.0}, {0.9, 1.4}), doctest::Contains("start.highest"),
                       hamgen::schemas::FieldError);
  CHECK_THROWS_WITH_AS(with({0.3, 0.8}, {0.9, 2.5}), doctest::Contains("below pi"),
                       hamgen::schemas::FieldError);
  CHECK_THROWS_AS(with({0.0}, {0.9}), hamgen::schemas::FieldError);  // the singularity
  CHECK_NOTHROW(with({0.5}, {0.5}));
}
