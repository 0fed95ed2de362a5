#include "apps/fit/fitting_schedule.hpp"

#include <doctest/doctest.h>

#include "apps/fit/fit.hpp"
#include "apps/fit/test_result.hpp"
#include "apps/fit/trained_run.hpp"
#include "tests/model/small_dataset.hpp"
#include "tests/temporary_directory.hpp"

using namespace hamgen;
using namespace hamgen::apps;

namespace {

FitConfig small_preset() {
  return fit_config_from_json(preset_settings("small", "hgn"));
}

std::string weights_of(const std::filesystem::path& run) {
  return file_hash(run / run_file::weights);
}

}  // namespace

TEST_CASE("steps fit into a time, validations and a margin among them") {
  // 0.9 x 100 s = 90 s: one validation of 10 s at the end leaves 80 s for steps of 0.1 s with a hundredth of one each.
  CHECK(fitting_steps({.step = 0.1, .validation = 10}, 100, 100) == 400);
  CHECK(fitting_steps({.step = 0.1, .validation = 0}, 100, 100) == 900);
  CHECK(fitting_steps({.step = 1000, .validation = 0}, 100, 1) == 1);
}

TEST_CASE("what is counted in steps shrinks with a schedule") {
  FitConfig config = small_preset();
  const auto& settings = config.settings;
  REQUIRE(settings.integer("train.steps") == 8000);
  shorten(config, 800);
  CHECK(settings.integer("train.steps") == 800);
  CHECK(settings.integer("optimizer.warmup") == 20);
  CHECK(settings.real("optimizer.average_decay") == doctest::Approx(0.99));
  CHECK(settings.integer("train.validate_every") == 200);
  CHECK(settings.integer("train.horizon_start") == 4);
  shorten(config, 3);
  CHECK(settings.integer("train.validate_every") == 1);
  CHECK(settings.real("optimizer.average_decay") >= 0);
}

TEST_CASE("a schedule is never made longer") {
  FitConfig config = small_preset();
  const Json before = to_json(config);
  shorten(config, 100'000);
  CHECK(to_json(config) == before);
}

TEST_CASE("a training of little time has a schedule of its own, and equals one that was given its steps") {
  const TemporaryDirectory place;
  FitOptions options;
  options.data = tests::small_dataset();
  options.quiet = true;
  options.out = place / "timed";
  options.max_seconds = 3;
  FitOutcome timed = fit(tests::small_config({{"train", {{"steps", 1'000'000}}}}), options);
  options.max_seconds.reset();
  // On a machine that got busier since, the time has broken it off.
  if (timed.ending != model::Ending::finished) timed = resume_fit(options);
  CHECK(timed.ending == model::Ending::finished);
  const Json config = read_json((place / "timed" / run_file::config).string());
  const auto steps = config.at("train").at("steps").get<std::int64_t>();
  CHECK(timed.result.at("steps") == steps);
  CHECK(steps < 1'000'000);

  options.out = place / "counted";
  fit(fit_config_from_json(config), options);
  CHECK(weights_of(place / "timed") == weights_of(place / "counted"));
}

TEST_CASE("steps that were asked for are kept, and the time breaks them off") {
  const TemporaryDirectory place;
  FitOptions options;
  options.data = tests::small_dataset();
  options.quiet = true;
  options.out = place / "run";
  options.max_seconds = 0.5;
  options.keeps_steps = true;
  const FitOutcome outcome = fit(tests::small_config({{"train", {{"steps", 1'000'000}}}}), options);
  CHECK(outcome.ending == model::Ending::time_limit);
  CHECK(result_text(outcome.run, outcome.result).find("broken off") != std::string::npos);
}
