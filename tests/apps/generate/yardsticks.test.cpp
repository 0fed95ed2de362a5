// The noise floor is the variance over the noise, without bias however few the draws, and within its standard error.
#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include "apps/generate/generate.hpp"
#include "apps/generate/producer.hpp"
#include "tests/temporary_directory.hpp"

using namespace hamgen;

namespace {

struct Made {
  TemporaryDirectory directory;
  apps::Config config;
  dataset::Manifest manifest;

  explicit Made(apps::Json changes) {
    apps::Json json{{"system", "pendulum"}, {"n", 5}, {"n_validation", 0}, {"image", {{"size", 16}}}};
    apps::merge(json, changes);
    config = apps::config_from_json(json);
    manifest = apps::generate(config, {.out = directory / "data", .threads = 1, .quiet = true});
  }
};

// The mean over the test split's frames of the variance of a value / 255, from many draws of another generator.
double variance_from_many_draws(const Made& made, int draws) {
  const apps::Simulations simulations(made.config);
  const auto& simulation = simulations.of(simulators::Split::test);
  const auto canvas = render::Canvas::from(made.config.settings);
  apps::Producer producer(simulation, canvas, 1);
  std::mt19937_64 random(5);
  std::normal_distribution<double> noise(0, simulation.noise_std());
  std::vector<std::uint8_t> frame(canvas.frame_bytes());
  double total = 0;
  const auto count = static_cast<std::int64_t>(made.manifest.yardsticks.trajectories);
  for (std::int64_t id = 0; id < count; ++id) {
    const auto trajectory = simulation.trajectory(simulators::Split::test, id);
    for (std::size_t t = 0; t < simulation.frames(); ++t) {
      std::vector<double> sum(frame.size()), squares(frame.size());
      for (int draw = 0; draw < draws; ++draw) {
        const double q = trajectory.q[t] + noise(random), p = trajectory.p[t] + noise(random);
        producer.render_frame(trajectory, {&q, 1}, {&p, 1}, frame);
        for (std::size_t i = 0; i < frame.size(); ++i) {
          sum[i] += frame[i];
          squares[i] += static_cast<double>(frame[i]) * frame[i];
        }
      }
      for (std::size_t i = 0; i < frame.size(); ++i)
        total += (squares[i] - sum[i] * sum[i] / draws) / (draws - 1.0);
    }
  }
  const auto values = static_cast<double>(simulation.frames() * frame.size());
  return total / (static_cast<double>(count) * values * 255 * 255);
}

}  // namespace

TEST_CASE("few draws estimate the noise floor that many do") {
  const Made made({{"n_test", 110}, {"steps", 9}});
  const auto& found = made.manifest.yardsticks;
  REQUIRE(found.noise_floor_standard_error);
  const double error = *found.noise_floor_standard_error;
  CHECK(found.trajectories == 100);
  CHECK(found.draws < 10);
  CHECK(error < 0.04 * found.noise_floor);  // so that a factor of (draws - 1) / draws would be seen
  CHECK(std::abs(found.noise_floor - variance_from_many_draws(made, 400)) < 2.5 * error);
}

TEST_CASE("the noise floors of other seeds differ as the standard error says") {
  std::vector<double> floors, errors;
  for (int seed = 0; seed < 40; ++seed) {
    const Made made({{"n", 1}, {"n_test", 30}, {"steps", 3}, {"seed", seed}});
    floors.push_back(made.manifest.yardsticks.noise_floor);
    errors.push_back(made.manifest.yardsticks.noise_floor_standard_error.value());
  }
  double mean = 0, variance = 0, said = 0;
  for (const double floor : floors) mean += floor / 40;
  for (const double floor : floors) variance += (floor - mean) * (floor - mean) / 39;
  for (const double error : errors) said += error * error / 40;
  CHECK(variance / said > 0.5);
  CHECK(variance / said < 2);
}

TEST_CASE("one trajectory has no standard error, and frames without noise have none to speak of") {
  CHECK_FALSE(Made({{"n_test", 1}, {"steps", 3}}).manifest.yardsticks.noise_floor_standard_error);
  const Made made({{"n_test", 4}, {"steps", 3}, {"noise", {{"std", 0.0}}}});
  CHECK(made.manifest.yardsticks.noise_floor == 0);
  CHECK(made.manifest.yardsticks.noise_floor_standard_error == 0.0);
}
