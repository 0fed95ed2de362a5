// The planets against a Taylor integration in 40 digits, the sky (VSOP87), their own elements and Kepler's
// third law.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "tests/simulators/closed_forms.hpp"
#include "tests/simulators/measures.hpp"
#include "tests/simulators/settings_for.hpp"
#include "tests/simulators/taylor_n_body.hpp"

using namespace hamgen::simulators;
using namespace hamgen::tests;

namespace {

using std::numbers::pi;
using Range = std::vector<double>;

constexpr std::size_t coordinates = 10, sun = 0, jupiter = 1, saturn = 2, uranus = 3, neptune = 4;
constexpr double degree = pi / 180;

// Semi-major axis (AU), rate of the mean longitude (degree / century), as the header's source prints them.
struct Elements {
  double semi_major_axis, rate;
};
constexpr std::array<Elements, 5> elements{{{0, 0},
                                            {5.20288700, 3034.74612775},
                                            {9.53667594, 1222.49362201},
                                            {19.18916464, 428.48202785},
                                            {30.06992276, 218.45945325}}};

// Heliocentric, per unit mass.
struct Relative {
  double x, y, vx, vy;
  double longitude() const { return std::atan2(y, x); }
  double distance() const { return std::hypot(x, y); }
  // From the vis-viva equation: v^2 = mu (2 / r - 1 / a).
  double semi_major_axis(double mu) const { return 1 / (2 / distance() - (vx * vx + vy * vy) / mu); }
};

Relative relative(Reals c, Reals q, Reals p, std::size_t body) {
  const auto at = [&](std::size_t axis) { return q[2 * body + axis] - q[axis]; };
  const auto speed = [&](std::size_t axis) { return p[2 * body + axis] / c[1 + body] - p[axis] / c[1]; };
  return {at(0), at(1), speed(0), speed(1)};
}

struct Flight {
  std::vector<double> c, times;
  Orbit orbit;
  Relative at(std::size_t t, std::size_t body) const {
    return relative(c, row(orbit.q, t, coordinates), row(orbit.p, t, coordinates), body);
  }
};

// The planets from one epoch on (years from J2000), for all times (years from then).
Flight flight(double epoch, std::vector<double> times) {
  const auto simulation = simulation_of("planets", {{"start.epoch", Range{epoch}}});
  RandomStream random({.seed = 41});
  const Start start = simulation.system().draw_start(random);
  Orbit orbit = integrate(simulation.system(), start.parameters, start.q, start.p, times, {});
  return {start.parameters, std::move(times), std::move(orbit)};
}

double turned(double from, double to) {
  return std::remainder(to - from, 2 * pi);
}

}  // namespace

TEST_CASE("the planets follow a 40-digit Taylor integration for fifty years") {
  const Flight solved = flight(0, even_times(0, 50, 10));
  const double scale = std::sqrt(solved.c[0]);  // of time, so that the gravitational constant is 1
  std::vector<Precise> masses(solved.c.begin() + 1, solved.c.end());
  std::vector<Precise> r(solved.orbit.q.begin(), solved.orbit.q.begin() + coordinates), v;
  for (std::size_t k = 0; k < coordinates; ++k)
    v.push_back(Precise(solved.orbit.p[k]) / masses[k / 2] / sqrt(Precise(solved.c[0])));
  TaylorNBody reference(masses, r, v);
  double worst_q = 0, worst_v = 0;
  for (std::size_t t = 1; t < solved.times.size(); ++t) {
    reference.advance_to(sqrt(Precise(solved.c[0])) * solved.times[t]);
    for (std::size_t k = 0; k < coordinates; ++k) {
      const double q = static_cast<double>(reference.positions()[k]);
      const double speed = scale * static_cast<double>(reference.velocities()[k]);
      const std::size_t i = t * coordinates + k;
      worst_q = std::max(worst_q, std::abs(solved.orbit.q[i] - q));
      worst_v = std::max(worst_v, std::abs(solved.orbit.p[i] / solved.c[1 + k / 2] - speed));
    }
  }
  CHECK(worst_q <= 1e-10);
  CHECK(worst_v <= 1e-10);
}

// VSOP87 (Bretagnon and Francou 1988), heliocentric longitude (radian) and distance (AU) on 1 January 2000,
// 12h TDB, from the control values published with it. The elements are good for 0.2 degrees. A century of
// motion carries Saturn off by the great inequality, which shifts its mean motion for that long.
TEST_CASE("the planets stand where they are in the sky, at J2000 and after a hundred years of motion") {
  struct Seen {
    std::size_t body;
    double longitude, distance, largest_error;
  };
  for (const Seen& seen :
       {Seen{jupiter, 0.6334614186, 4.9653813154, 0.3}, Seen{saturn, 0.7980038761, 9.1838483715, 2},
        Seen{uranus, 5.5225485803, 19.9240482667, 0.1}, Seen{neptune, 5.3045629252, 30.1205328392, 0.1}}) {
    CAPTURE(seen.body);
    const Relative now = flight(0, {0, 1}).at(0, seen.body), later = flight(-100, {0, 100}).at(1, seen.body);
    CHECK(std::abs(turned(seen.longitude, now.longitude())) <= 0.2 * degree);
    CHECK(std::abs(turned(seen.longitude, later.longitude())) <= seen.largest_error * degree);
    CHECK(std::abs(now.distance() - seen.distance) <= 0.01);
    CHECK(std::abs(later.distance() - seen.distance) <= 0.02);
  }
}

TEST_CASE("over two hundred years semi-major axes stay and planets go round as Kepler's third law says") {
  const Flight solved = flight(-150, even_times(0, 200, 400));
  for (std::size_t body = jupiter; body <= neptune; ++body) {
    const double a = elements[body].semi_major_axis, mu = solved.c[0] * (1 + solved.c[1 + body]);
    double worst = 0, angle = 0, years = 0;  // at the last time the planet was back at its first longitude
    int rounds = 0;
    for (std::size_t t = 0; t < solved.times.size(); ++t) {
      worst = std::max(worst, std::abs(solved.at(t, body).semi_major_axis(mu) / a - 1));
      if (t == 0) continue;
      const double step = turned(solved.at(t - 1, body).longitude(), solved.at(t, body).longitude());
      CHECK(step > 0);
      angle += step;
      if (angle < 2 * pi * (rounds + 1)) continue;
      ++rounds;
      years = solved.times[t] - (angle - 2 * pi * rounds) / step * (solved.times[t] - solved.times[t - 1]);
    }
    CAPTURE(body);
    CHECK(worst <= 0.01);
    REQUIRE(rounds >= 1);
    CHECK(relative_error(years / rounds, 2 * pi * std::sqrt(a * a * a / mu)) <= 0.002);
    CHECK(relative_error(years / rounds, 36000 / elements[body].rate) <= 0.002);
  }
}

TEST_CASE("the planets start on the ellipses of their elements, each about the bodies inside its orbit") {
  const double epoch = 12.5;
  const Flight solved = flight(epoch, {0, 1});
  const double m_sun = solved.c[1], m_jupiter = solved.c[2], m_saturn = solved.c[3];
  const auto expect = [&](Relative at, double inside, double own, double e, double perihelion,
                          double longitude, std::size_t body) {
    const KeplerOrbit ellipse{
        .m1 = inside,
        .m2 = own,
        .g = solved.c[0],
        .semi_major = elements[body].semi_major_axis,
        .eccentricity = e,
        .orientation = perihelion * degree,
        .anomaly = (longitude + elements[body].rate * epoch / 100 - perihelion) * degree};
    const auto [q, p] = ellipse.at(0);
    CHECK(std::abs(at.x - (q[2] - q[0])) <= 1e-12);
    CHECK(std::abs(at.y - (q[3] - q[1])) <= 1e-12);
    CHECK(std::abs(at.vx - (p[2] / own - p[0] / inside)) <= 1e-12);
    CHECK(std::abs(at.vy - (p[3] / own - p[1] / inside)) <= 1e-12);
  };
  expect(solved.at(0, jupiter), m_sun, m_jupiter, 0.04838624, 14.72847983, 34.39644051, jupiter);
  // Saturn about the centre of mass of Sun and Jupiter, which is off the Sun by Jupiter's part.
  Relative at = solved.at(0, saturn);
  const Relative inner = solved.at(0, jupiter);
  const double part = m_jupiter / (m_sun + m_jupiter);
  at.x -= part * inner.x, at.y -= part * inner.y, at.vx -= part * inner.vx, at.vy -= part * inner.vy;
  expect(at, m_sun + m_jupiter, m_saturn, 0.05386179, 92.59887831, 49.95424423, saturn);
}

TEST_CASE("the planets' centre of mass rests at the origin, and their angular momentum stays") {
  const auto simulation = simulation_of("planets", {{"physics.mass_factor", Range{0.5, 2}}});
  for (std::int64_t id = 0; id < 50; ++id) {
    const Trajectory trajectory = simulation.trajectory(Split::train, id);
    const Reals m = Reals(trajectory.parameters).subspan(1);
    const double l0 = angular_momentum(row(trajectory.q, 0, coordinates), row(trajectory.p, 0, coordinates));
    double centre = 0, momentum = 0, angular = 0;
    for (std::size_t t = 0; t < simulation.frames(); ++t) {
      const Reals q = row(trajectory.q, t, coordinates), p = row(trajectory.p, t, coordinates);
      for (const std::size_t axis : {0, 1}) {
        double moment = 0, sum = 0;
        for (std::size_t body = 0; body < m.size(); ++body)
          moment += m[body] * q[2 * body + axis], sum += p[2 * body + axis];
        centre = std::max(centre, std::abs(moment));
        momentum = std::max(momentum, std::abs(sum));
      }
      angular = std::max(angular, relative_error(angular_momentum(q, p), l0));
    }
    CHECK(centre <= 1e-14);  // beside Jupiter's 5e-3
    CHECK(momentum <= 1e-16);
    CHECK(angular <= 1e-12);
  }
}

TEST_CASE("masses are the planets' own times a factor drawn for each, epochs fill their range") {
  const std::array<double, 4> sun_per_mass{1047.348644, 3497.9018, 22902.98, 19412.26};
  const auto simulation =
      simulation_of("planets", {{"physics.mass_factor", Range{0.5, 2}}, {"start.epoch", Range{0, 6}}});
  double least_factor = 9, largest_factor = 0, least_turn = 9, largest_turn = -9;
  const double at_j2000 = flight(0, {0, 1}).at(0, jupiter).longitude();
  for (std::uint64_t id = 0; id < 500; ++id) {
    RandomStream random({.seed = 42, .trajectory = id});
    const Start start = simulation.system().draw_start(random);
    CHECK(start.parameters[1] == 1);
    for (std::size_t planet = 0; planet < 4; ++planet) {
      const double factor = start.parameters[2 + planet] * sun_per_mass[planet];
      least_factor = std::min(least_factor, factor);
      largest_factor = std::max(largest_factor, factor);
    }
    const double since =
        turned(at_j2000, relative(start.parameters, start.q, start.p, jupiter).longitude()) + 0.01;
    least_turn = std::min(least_turn, since);
    largest_turn = std::max(largest_turn, since);
  }
  CHECK(least_factor >= 0.5 - 1e-12);
  CHECK(least_factor <= 0.51);
  CHECK(largest_factor <= 2);
  CHECK(largest_factor >= 1.99);
  CHECK(least_turn >= 0);  // Jupiter's longitude grows by half a turn in six years
  CHECK(least_turn <= 0.05);
  CHECK(largest_turn >= 3);
}

TEST_CASE("the scaled view: distances to a power, all five bodies inside for two thousand years") {
  for (const double power : {0.3, 0.5, 1.0})
    for (const double factor : {1.0, 3.0}) {
      const auto simulation = simulation_of("planets", {{"look.radial_power", power},
                                                        {"physics.mass_factor", Range{factor}},
                                                        {"look.radius_scale", 0.1},
                                                        {"dt", 4.0},
                                                        {"steps", std::int64_t{500}}});
      Scene scene;
      double reach = 0, misplaced = 0;
      for (std::int64_t id = 0; id < 20; ++id) {
        const Trajectory trajectory = simulation.trajectory(Split::train, id);
        for (std::size_t t = 0; t < simulation.frames(); ++t) {
          const Reals q = row(trajectory.q, t, coordinates);
          simulation.system().show(trajectory.parameters, q, {}, scene);
          REQUIRE(scene.discs.size() == 5);
          for (std::size_t body = sun; body <= neptune; ++body) {
            const Disc& disc = scene.discs[body];
            const double x = q[2 * body], y = q[2 * body + 1], r = std::hypot(x, y);
            const double drawn = std::pow(r, power);
            misplaced = std::max(misplaced, std::hypot(disc.x - drawn * x / r, disc.y - drawn * y / r));
            reach = std::max({reach, std::abs(disc.x) + disc.radius, std::abs(disc.y) + disc.radius});
          }
        }
      }
      CAPTURE(power);
      CAPTURE(factor);
      CHECK(misplaced <= 1e-13);
      CHECK(reach <= simulation.nominal_view().half_width);
      CHECK(reach >= 0.995 * simulation.nominal_view().half_width);
    }
  Scene scene;  // a body in the very centre stays there
  const auto simulation = simulation_of("planets");
  simulation.system().show(std::vector<double>(6, 1.0), std::vector<double>(coordinates), {}, scene);
  CHECK(scene.discs[sun].x == 0);
  CHECK(scene.discs[sun].radius == 0.9);
}

TEST_CASE("in the default view the five discs of the planets are apart but in conjunctions") {
  const auto simulation = simulation_of("planets");
  Scene scene;
  int overlaps = 0, covered = 0, frames = 0;
  for (std::int64_t id = 0; id < 100; ++id) {
    const Trajectory trajectory = simulation.trajectory(Split::train, id);
    for (std::size_t t = 0; t < simulation.frames(); ++t, ++frames) {
      simulation.system().show(trajectory.parameters, row(trajectory.q, t, coordinates), {}, scene);
      bool overlap = false;
      for (std::size_t i = 0; i < 5; ++i)
        for (std::size_t j = i + 1; j < 5; ++j) {
          const Disc &a = scene.discs[i], &b = scene.discs[j];
          const double gap = std::hypot(a.x - b.x, a.y - b.y);
          covered += gap < std::max(a.radius, b.radius);  // a centre within the other disc
          overlap = overlap || gap < a.radius + b.radius;
        }
      overlaps += overlap;
    }
  }
  CHECK(covered == 0);
  CHECK(overlaps <= frames / 10);
}

TEST_CASE("the planets refuse discs that are not five, and masses beyond what the view is made for") {
  CHECK_THROWS_AS(simulation_of("planets", {{"look.radii", Range{1, 1, 1}}}), hamgen::schemas::FieldError);
  CHECK_THROWS_AS(simulation_of("planets", {{"physics.mass_factor", Range{1, 4}}}),
                  hamgen::schemas::FieldError);
  CHECK_THROWS_AS(simulation_of("planets", {{"look.radial_power", 0.0}}), hamgen::schemas::FieldError);
}
