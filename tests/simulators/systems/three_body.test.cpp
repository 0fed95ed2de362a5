// Three bodies against Lagrange's rigid triangle, the figure-eight choreography and the Pythagorean problem.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include "tests/simulators/measures.hpp"
#include "tests/simulators/settings_for.hpp"
#include "tests/simulators/taylor_n_body.hpp"

using namespace hamgen::simulators;
using namespace hamgen::tests;

namespace {

std::vector<double> rotated(Reals vectors, double angle) {
  std::vector<double> result(vectors.size());
  for (std::size_t k = 0; k < vectors.size(); k += 2) {
    result[k] = std::cos(angle) * vectors[k] - std::sin(angle) * vectors[k + 1];
    result[k + 1] = std::sin(angle) * vectors[k] + std::cos(angle) * vectors[k + 1];
  }
  return result;
}

std::vector<double> to_doubles(const std::vector<Precise>& values) {
  std::vector<double> result;
  for (const Precise& value : values) result.push_back(static_cast<double>(value));
  return result;
}

std::vector<Precise> parsed(const std::vector<std::string>& digits) {
  return {digits.begin(), digits.end()};
}

// A start of unit masses on the figure-eight: two bodies at +-(x, y), the third between them; its velocity is
// -2 times that of the others. Chenciner and Montgomery 2000, arXiv:math/0011268; x, y as printed there, to 8
// digits. Velocity and period belong to exactly these positions: the skipped test below finds them.
struct FigureEight {
  std::vector<Precise> r, v;
  Precise period;
};

FigureEight figure_eight(const Precise& vx, const Precise& vy, const Precise& period) {
  const Precise x("0.97000436"), y("-0.24308753");
  return {{x, y, -x, -y, 0, 0}, {-vx / 2, -vy / 2, -vx / 2, -vy / 2, vx, vy}, period};
}

FigureEight figure_eight() {
  return figure_eight(Precise("-0.9324073681390787068065427"), Precise("-0.8647314618349537001058555"),
                      Precise("6.3259140097821385504247"));
}

// How far the bodies are from their start after one period: r(T) - r(0), v(T) - v(0).
std::vector<Precise> closure(const FigureEight& eight) {
  TaylorNBody reference({1, 1, 1}, eight.r, eight.v);
  reference.advance_to(eight.period);
  std::vector<Precise> gap;
  for (std::size_t k = 0; k < 6; ++k) gap.push_back(reference.positions()[k] - eight.r[k]);
  for (std::size_t k = 0; k < 6; ++k) gap.push_back(reference.velocities()[k] - eight.v[k]);
  return gap;
}

double largest(const std::vector<Precise>& values) {
  double result = 0;
  for (const Precise& value : values) result = std::max(result, std::abs(static_cast<double>(value)));
  return result;
}

const std::vector<double> unit_parameters{1, 1, 1, 1};  // gravity and three masses

}  // namespace

TEST_CASE("Lagrange's equilateral triangle turns rigidly, whatever the masses") {
  for (const std::vector<double>& m : {std::vector<double>{1, 1, 1}, std::vector<double>{1.5, 0.4, 0.9}}) {
    const double side = 1.6, g = 0.8, total = m[0] + m[1] + m[2];
    const double rate = std::sqrt(g * total / (side * side * side));
    std::vector<double> q{0, 0, side, 0, side / 2, side * std::numbers::sqrt3 / 2}, p(6);
    for (std::size_t axis = 0; axis < 2; ++axis) {
      const double mean = (m[0] * q[axis] + m[1] * q[axis + 2] + m[2] * q[axis + 4]) / total;
      for (std::size_t body = 0; body < 3; ++body) q[2 * body + axis] -= mean;
    }
    for (std::size_t body = 0; body < 3; ++body) {
      p[2 * body] = -m[body] * rate * q[2 * body + 1];
      p[2 * body + 1] = m[body] * rate * q[2 * body];
    }
    const auto times = even_times(0, 2 * std::numbers::pi / rate / 2, 30);  // half a turn
    const auto simulation = simulation_of("three_body", {{"physics.masses", m}});
    const Orbit orbit = integrate(simulation.system(), std::vector{g, m[0], m[1], m[2]}, q, p, times, {});
    double worst_q = 0, worst_p = 0;
    for (std::size_t t = 0; t < times.size(); ++t) {
      worst_q = std::max(worst_q, max_difference(row(orbit.q, t, 6), rotated(q, rate * times[t])));
      worst_p = std::max(worst_p, max_difference(row(orbit.p, t, 6), rotated(p, rate * times[t])));
    }
    CHECK(worst_q <= 1e-11);
    CHECK(worst_p <= 1e-11);
  }
}

TEST_CASE("the figure-eight closes after one period") {
  const FigureEight eight = figure_eight();
  CHECK(largest(closure(eight)) <= 1e-22);  // the start itself is right, says the reference

  const auto simulation = simulation_of("three_body");
  const auto q0 = to_doubles(eight.r), p0 = to_doubles(eight.v);
  const double period = static_cast<double>(eight.period);
  const Orbit orbit = integrate(simulation.system(), unit_parameters, q0, p0, even_times(0, period, 60), {});
  CHECK(max_difference(row(orbit.q, 60, 6), q0) <= 1e-11);
  CHECK(max_difference(row(orbit.p, 60, 6), p0) <= 1e-11);
  // A choreography: a third of a period later each body stands where another one stood.
  const auto later = row(orbit.q, 20, 6);
  const std::vector<double> cycled{later[2], later[3], later[4], later[5], later[0], later[1]};
  const std::vector<double> cycled_back{later[4], later[5], later[0], later[1], later[2], later[3]};
  CHECK(std::min(max_difference(cycled, q0), max_difference(cycled_back, q0)) <= 1e-11);
}

// Gauss-Newton on the closure over (vx, vy, T), with the positions fixed (they fix scale and orientation).
TEST_CASE("generate: velocity and period of the figure-eight" * doctest::skip()) {
  auto unknowns = parsed({"-0.93240737", "-0.86473146", "6.32591398"});
  const auto gap_at = [](const auto& u) { return closure(figure_eight(u[0], u[1], u[2])); };
  for (int iteration = 0; iteration < 4; ++iteration) {
    const auto gap = gap_at(unknowns);
    MESSAGE("closure " << largest(gap));
    std::array<std::vector<Precise>, 3> slopes;
    const Precise h("1e-14");
    for (std::size_t k = 0; k < 3; ++k) {
      auto up = unknowns, down = unknowns;
      up[k] += h, down[k] -= h;
      const auto above = gap_at(up), below = gap_at(down);
      for (std::size_t row = 0; row < gap.size(); ++row)
        slopes[k].push_back((above[row] - below[row]) / (2 * h));
    }
    // Normal equations, by Gauss-Jordan elimination.
    std::array<std::array<Precise, 4>, 3> matrix{};
    for (std::size_t row = 0; row < 3; ++row)
      for (std::size_t i = 0; i < gap.size(); ++i) {
        for (std::size_t k = 0; k < 3; ++k) matrix[row][k] += slopes[row][i] * slopes[k][i];
        matrix[row][3] -= slopes[row][i] * gap[i];
      }
    for (std::size_t pivot = 0; pivot < 3; ++pivot)
      for (std::size_t row = 0; row < 3; ++row) {
        if (row == pivot) continue;
        const Precise factor = matrix[row][pivot] / matrix[pivot][pivot];
        for (std::size_t k = 0; k < 4; ++k) matrix[row][k] -= factor * matrix[pivot][k];
      }
    for (std::size_t k = 0; k < 3; ++k) unknowns[k] += matrix[k][3] / matrix[k][k];
  }
  for (const Precise& value : unknowns) MESSAGE(value.str(25));
}

TEST_CASE(
    "the Pythagorean problem agrees with a 40-digit Taylor integration up to the first close encounter") {
  const std::vector<double> masses{3, 4, 5}, q0{1, 3, -2, -1, 1, -1}, p0(6, 0.0);
  const auto times = even_times(0, 1.85, 37);
  const auto simulation = simulation_of("three_body", {{"physics.masses", masses}});
  const Orbit orbit = integrate(simulation.system(), std::vector<double>{1, 3, 4, 5}, q0, p0, times, {});

  TaylorNBody reference({3, 4, 5}, {q0.begin(), q0.end()}, std::vector<Precise>(6, Precise(0)));
  double worst_q = 0, worst_p = 0;
  for (std::size_t t = 0; t < times.size(); ++t) {
    reference.advance_to(times[t]);
    std::vector<double> p = to_doubles(reference.velocities());
    for (std::size_t k = 0; k < 6; ++k) p[k] *= masses[k / 2];
    worst_q = std::max(worst_q, max_difference(row(orbit.q, t, 6), to_doubles(reference.positions())));
    worst_p = std::max(worst_p, max_difference(row(orbit.p, t, 6), p));
  }
  CHECK(worst_q <= 1e-9);
  CHECK(worst_p <= 1e-9);
}
