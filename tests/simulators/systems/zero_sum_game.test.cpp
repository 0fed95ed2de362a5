// Games against the replicator equation itself, in shares, integrated on its own in extended precision.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "tests/simulators/measures.hpp"
#include "tests/simulators/settings_for.hpp"

using namespace hamgen::simulators;
using namespace hamgen::tests;

namespace {

using Shares = std::vector<long double>;
using Payoffs = std::vector<std::vector<long double>>;

struct Populations {
  Shares x, y;
};

// dx_i/dt = a x_i ((A y)_i - x.A y), dy_j/dt = -a y_j ((A' x)_j - x.A y)
Populations rate(const Payoffs& payoffs, long double a, const Populations& now) {
  const std::size_t n = now.x.size();
  Shares of_x(n), of_y(n);
  long double mean = 0;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) {
      of_x[i] += payoffs[i][j] * now.y[j];
      of_y[j] += payoffs[i][j] * now.x[i];
      mean += payoffs[i][j] * now.x[i] * now.y[j];
    }
  Populations rate{Shares(n), Shares(n)};
  for (std::size_t i = 0; i < n; ++i) {
    rate.x[i] = a * now.x[i] * (of_x[i] - mean);
    rate.y[i] = -a * now.y[i] * (of_y[i] - mean);
  }
  return rate;
}

Populations moved(const Populations& from, const Populations& rate, long double h) {
  Populations to = from;
  for (std::size_t i = 0; i < to.x.size(); ++i) {
    to.x[i] += h * rate.x[i];
    to.y[i] += h * rate.y[i];
  }
  return to;
}

// Classical Runge-Kutta; 400 steps of 0.00025 are exact to 1e-15.
Populations after(const Payoffs& payoffs, long double a, Populations now, long double time) {
  constexpr int steps = 400;
  const long double h = time / steps;
  for (int step = 0; step < steps; ++step) {
    const auto k1 = rate(payoffs, a, now), k2 = rate(payoffs, a, moved(now, k1, h / 2)),
               k3 = rate(payoffs, a, moved(now, k2, h / 2)), k4 = rate(payoffs, a, moved(now, k3, h));
    now = moved(moved(moved(moved(now, k1, h / 6), k2, h / 3), k3, h / 3), k4, h / 6);
  }
  return now;
}

struct Game {
  const char* name;
  Payoffs payoffs;
};

const std::vector<Game> games{{"matching_pennies", {{1, -1}, {-1, 1}}},
                              {"rock_paper_scissors", {{0, -1, 1}, {1, 0, -1}, {-1, 1, 0}}}};

// Shares are the sums of the table x_i y_j that a frame shows.
Populations populations(const Simulation& simulation, const Trajectory& trajectory, std::size_t t) {
  const std::size_t d = simulation.dimension(), n = d + 1;
  Scene scene;
  simulation.show(trajectory.parameters, row(trajectory.q, t, d), row(trajectory.p, t, d), scene);
  REQUIRE(scene.tiles.values.size() == n * n);
  Populations found{Shares(n), Shares(n)};
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) {
      found.x[i] += static_cast<long double>(scene.tiles.values[i * n + j]);
      found.y[j] += static_cast<long double>(scene.tiles.values[i * n + j]);
    }
  return found;
}

double difference(const Populations& a, const Populations& b) {
  long double largest = 0;
  for (std::size_t i = 0; i < a.x.size(); ++i)
    largest = std::max({largest, std::abs(a.x[i] - b.x[i]), std::abs(a.y[i] - b.y[i])});
  return static_cast<double>(largest);
}

}  // namespace

TEST_CASE("games follow the replicator equation") {
  for (const Game& game : games) {
    CAPTURE(game.name);
    const auto simulation = simulation_of(game.name, {{"physics.payoff", std::vector<double>{0.5, 2.0}}});
    double worst = 0;
    for (std::int64_t id = 0; id < 20; ++id) {
      const Trajectory trajectory = simulation.trajectory(Split::train, id);
      Populations now = populations(simulation, trajectory, 0);
      for (std::size_t t = 1; t < simulation.frames(); ++t) {
        now = after(game.payoffs, trajectory.parameters[0], now, 0.1L);
        worst = std::max(worst, difference(now, populations(simulation, trajectory, t)));
      }
    }
    CHECK(worst <= 1e-12);
  }
}

TEST_CASE("games start uniformly on both simplices") {
  for (const Game& game : games) {
    CAPTURE(game.name);
    const auto simulation = simulation_of(game.name, {{"steps", std::int64_t{1}}});
    const auto n = static_cast<double>(game.payoffs.size());
    const std::int64_t count = 4000;
    double mean_x = 0, mean_y = 0, square_x = 0, square_y = 0, product = 0;
    for (std::int64_t id = 0; id < count; ++id) {
      const auto start = populations(simulation, simulation.trajectory(Split::train, id), 0);
      const auto x = static_cast<double>(start.x[0]), y = static_cast<double>(start.y.back());
      mean_x += x / count;
      mean_y += y / count;
      square_x += x * x / count;
      square_y += y * y / count;
      product += x * y / count;
    }
    const double tolerance = 5 * std::sqrt(1 / 12.0 / count);  // no share varies more than a uniform number
    CHECK(std::abs(mean_x - 1 / n) <= tolerance);
    CHECK(std::abs(mean_y - 1 / n) <= tolerance);
    CHECK(std::abs(square_x - 2 / (n * (n + 1))) <= tolerance);
    CHECK(std::abs(square_y - 2 / (n * (n + 1))) <= tolerance);
    CHECK(std::abs(product - 1 / (n * n)) <= tolerance);
  }
}

TEST_CASE("the equilibrium rests, and near it pennies turn with the payoff's frequency") {
  const auto simulation = simulation_of("matching_pennies");
  const System& system = simulation.system();
  double rate = 1;
  const std::vector<double> payoff{1.5}, zero{0.0};
  system.dH_dq(payoff, zero, zero, {&rate, 1});
  CHECK(rate == 0);
  system.dH_dp(payoff, zero, zero, {&rate, 1});
  CHECK(rate == 0);
  // x = 1/2 + e cos wt, y = 1/2 + e sin wt with w = a: from the replicator equation's linear part.
  const double pi = std::acos(-1.0), small = 1e-5;
  const Orbit orbit = integrate(system, payoff, std::vector<double>{small}, zero,
                                std::vector<double>{0, 2 * pi / payoff[0]}, {});
  CHECK(std::abs(orbit.q[1] - small) <= 1e-4 * small);
  CHECK(std::abs(orbit.p[1]) <= 1e-4 * small);
}

TEST_CASE("games have no bodies to colour") {
  CHECK_THROWS_WITH_AS(simulation_of("matching_pennies", {{"look.hues", std::int64_t{6}}}),
                       doctest::Contains("look.hues"), hamgen::schemas::FieldError);
}
