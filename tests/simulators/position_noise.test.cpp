// How far observation noise moves discs: known where coordinates are places, or one is the angle of all discs, and only there.
#include "simulators/position_noise.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "simulators/base/random_stream.hpp"
#include "tests/simulators/settings_for.hpp"

using namespace hamgen::simulators;
using namespace hamgen::tests;

namespace {

constexpr double std_of_noise = 0.2;

std::optional<std::array<double, 2>> shift_of(const char* system, double noise = std_of_noise) {
  return position_noise(simulation_of(system, {{"noise.std", noise}}), 4);
}

}  // namespace

TEST_CASE("where coordinates are places, discs move as far as the noise") {
  for (const char* name : {"two_body", "three_body", "n_body", "charged_particle", "henon_heiles"}) {
    CAPTURE(std::string(name));
    const auto shift = shift_of(name);
    REQUIRE(shift);
    for (const double deviation : *shift) CHECK(deviation == doctest::Approx(std_of_noise).epsilon(1e-9));
  }
  for (const char* name : {"mass_spring", "spring_chain"}) {  // move along y alone
    CAPTURE(std::string(name));
    const auto shift = shift_of(name);
    REQUIRE(shift);
    CHECK((*shift)[0] == 0);
    CHECK((*shift)[1] == doctest::Approx(std_of_noise).epsilon(1e-9));
  }
}

TEST_CASE("where the state decides how far discs move, or some stand still, no shift is claimed") {
  for (const char* name : {"pendulum", "double_pendulum", "planets", "rigid_pendulum_3d",
                           "kepler_relativistic", "lennard_jones", "rock_paper_scissors"}) {
    CAPTURE(std::string(name));
    CHECK_FALSE(shift_of(name));
  }
  CHECK_FALSE(shift_of("three_body", 0));
}

TEST_CASE("a pendulum's noise turns its picture about the pivot, whatever its length") {
  for (const std::vector<double>& length : {std::vector<double>{1}, {0.7, 1.3}}) {
    const auto turn = turning_noise(
        simulation_of("pendulum", {{"noise.std", std_of_noise}, {"physics.length", length}}), 4);
    REQUIRE(turn);
    CHECK(turn->deviation == doctest::Approx(std_of_noise).epsilon(1e-6));
    for (const double place : turn->pivot) CHECK(std::abs(place) < 1e-6);
  }
  CHECK_FALSE(turning_noise(simulation_of("pendulum", {{"noise.std", 0}}), 4));
  CHECK_FALSE(turning_noise(simulation_of("pendulum", {{"noise.std", 0.1}, {"view.offset", 0.1}}), 4));
  for (const char* name :
       {"mass_spring", "spring_chain", "two_body", "double_pendulum", "planets", "rigid_pendulum_3d",
        "kepler_relativistic", "lennard_jones", "rock_paper_scissors"}) {
    CAPTURE(std::string(name));
    CHECK_FALSE(turning_noise(simulation_of(name, {{"noise.std", std_of_noise}}), 4));
  }
}

TEST_CASE(
    "discs of formulas: all turn by one angle about one point, and keep their sizes, or no turn is claimed") {
  using Texts = std::vector<std::string>;
  const auto turn_of = [](const Texts& discs) {
    return turning_noise(simulation_of("custom", {{"noise.std", std_of_noise}, {"scene.discs", discs}}), 4);
  };
  const auto rod = turn_of({"0.3 + sin(q); 0.1 - cos(q); 0.2", "0.3 - 0.5*sin(q); 0.1 + 0.5*cos(q); 0.1"});
  REQUIRE(rod);
  CHECK(rod->pivot[0] == doctest::Approx(0.3).epsilon(1e-5));
  CHECK(rod->pivot[1] == doctest::Approx(0.1).epsilon(1e-5));
  CHECK(rod->deviation == doctest::Approx(std_of_noise).epsilon(1e-5));
  CHECK(turn_of({"sin(q/2); -cos(q/2); 0.2"})->deviation == doctest::Approx(std_of_noise / 2).epsilon(1e-5));
  for (const Texts& discs :
       {Texts{"sin(q); -cos(q); 0.2 + 0.1*cos(q)"}, Texts{"sin(q); -cos(q); 0.2 + 0.1*cos(p)"},
        Texts{"sin(q); -cos(q); 0.2", "0; 0.5; 0.1"}, Texts{"sin(q); -2*cos(q); 0.2"},
        Texts{"sin(q + p); -cos(q + p); 0.2"}}) {
    CAPTURE(discs.front());
    CHECK_FALSE(turn_of(discs));
  }
  CHECK_FALSE(position_noise(simulation_of("custom", {{"noise.std", std_of_noise},
                                                      {"scene.discs", Texts{"0; q; 0.3 + 0.1*cos(p)"}}}),
                             4));
}

TEST_CASE("discs of drawn noise scatter by the shift") {
  const auto simulation = simulation_of("three_body", {{"noise.std", std_of_noise}});
  const Trajectory trajectory = simulation.trajectory(Split::train, 0);
  const std::vector<double> q(trajectory.q.begin(), trajectory.q.begin() + 6), p(6);
  RandomStream random(
      {.seed = 1, .split = Split::train, .trajectory = 0, .attempt = 0, .purpose = Purpose::noise});
  Scene scene;
  std::vector<double> noisy;
  double squares = 0;
  constexpr int draws = 20'000;
  for (int draw = 0; draw < draws; ++draw) {
    add_noise(q, std_of_noise, random, noisy);
    simulation.show(trajectory.parameters, noisy, p, scene);
    squares += std::pow(scene.discs[1].x - q[2], 2);
  }
  CHECK(std::sqrt(squares / draws) == doctest::Approx((*position_noise(simulation, 1))[0]).epsilon(0.02));
}
