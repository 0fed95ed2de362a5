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
  MESSAGE("largest error " << worst_q << " AU, " << worst_v << " AU / year");
  CHECK(worst_q <= 1e-10);
  CHECK(worst_v <= 1e-10);
}

// VSOP87 (Bretagnon and Francou 1988), heliocentric longitude (radian) and distance (AU) on 1 January 2000,
// 12h TDB, from the control values published with it. The elements are said to be good for 0.1 to 0.2
// degrees.
TEST_CASE("the planets stand where they are in the sky, at J2000 and after a hundred years of motion") {
  struct Seen {
    std::size_t body;
    double longitude, distance;
  };
  for (const Seen& seen :
       {Seen{jupiter, 0.6334614186, 4.9653813154}, Seen{saturn, 0.7980038761, 9.1838483715},
        Seen{uranus, 5.5225485803, 19.9240482667}, Seen{neptune, 5.3045629252, 30.1205328392}})
    for (const double years : {0.0, 100.0}) {
      const Relative at = flight(-years, {0, years + 1e-9}).at(1, seen.body);
      CAPTURE(seen.body);
      CAPTURE(years);
      MESSAGE(seen.body << " after " << years << ": " << turned(seen.longitude, at.longitude()) / degree
                        << " " << at.distance() - seen.distance);
      CHECK(std::abs(turned(seen.longitude, at.longitude())) <= 1 * degree);
      CHECK(relative_error(at.distance(), seen.distance) <= 0.01);
    }
}

TEST_CASE("over two hundred years semi-major axes stay and planets go round as Kepler's third law says") {
  const Flight solved = flight(-150, even_times(0, 200, 400));
  for (std::size_t body = jupiter; body <= neptune; ++body) {
    const double a = elements[body].semi_major_axis;
    double worst = 0, angle = 0;
    for (std::size_t t = 0; t < solved.times.size(); ++t) {
      const double mu = solved.c[0] * (1 + solved.c[1 + body]);
      worst = std::max(worst, std::abs(solved.at(t, body).semi_major_axis(mu) / a - 1));
      if (t > 0) angle += turned(solved.at(t - 1, body).longitude(), solved.at(t, body).longitude());
    }
    CAPTURE(body);
    const double rate = angle / 200, third_law = std::sqrt(solved.c[0] / (a * a * a));
    MESSAGE(body << " da/a " << worst << " rate " << rate / (elements[body].rate / 100 * degree) - 1
                 << " third " << rate / third_law - 1);
    CHECK(worst <= 0.03);
  }
}
