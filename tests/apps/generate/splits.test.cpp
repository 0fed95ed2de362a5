// Generalisation splits: which there are, what their blocks may say, and that nothing else differs.
#include <doctest/doctest.h>

#include "apps/generate/planned_shards.hpp"

using namespace hamgen::apps;
using hamgen::schemas::FieldError;
using hamgen::simulators::Split;

namespace {

Json with(const char* split, const Json& block) {
  return {{"system", "pendulum"}, {"n", 20}, {"n_test", 5}, {"n_validation", 0}, {split, block}};
}

void refuses(const char* split, const Json& block, const char* reason) {
  CAPTURE(block.dump());
  CHECK_THROWS_WITH_AS(config_from_json(with(split, block)), doctest::Contains(reason), FieldError);
}

}  // namespace

TEST_CASE("a block makes a split, prints as given, and changes what it sets alone") {
  const Json block{{"n", 7}, {"start", {{"radius", {2.3, 2.9}}}}};
  const Config config = config_from_json(with("test_energy", block));
  CHECK(to_json(config).at("test_energy") == block);
  CHECK(to_json(config_from_json(to_json(config))) == to_json(config));
  const auto splits = config.splits;
  REQUIRE(splits.size() == 3);
  CHECK(splits[2].split == Split::test_energy);
  CHECK(splits[2].size == 7);
  for (const auto& [path, value] : splits[2].settings.values())
    CHECK((value == config.settings.at(path)) == (path != "start.radius"));
  CHECK(planned_shards(config).back().file() == "test_energy/shard-00000.h5");
}

TEST_CASE("without blocks a configuration has the splits it always had") {
  Json json = with("test_energy", nullptr);
  CHECK(config_from_json(json).splits.size() == 2);
  CHECK_FALSE(to_json(config_from_json(json)).contains("test_energy"));
  json["n_test"] = 0;
  CHECK(config_from_json(json).splits.size() == 1);
}

TEST_CASE("blocks that say nothing, or something else, are refused by name") {
  refuses("test_energy", {{"n", 5}}, "at least one value of start.*");
  refuses("test_energy", {{"start", {{"radius", {1, 2}}}}}, "expected \"n\"");
  refuses("test_energy", {{"n", 5}, {"start", Json::object()}}, "at least one value of start.*");
  refuses("test_extrapolate", {{"n", 5}, {"steps", 30}}, "expected more than the 30 of train");
  refuses("test_energy", 5, "test_energy = 5");
  refuses("test_energy", {{"n", 0}, {"start", {{"radius", {1, 2}}}}}, "test_energy: n = 0");
  refuses("test_energy", {{"n", 5}, {"physics", {{"mass", 1}}}}, "unknown key \"physics.mass\"");
  refuses("test_parameters", {{"n", 5}, {"physics", {{"mass", -1}}}}, "physics.mass = -1");
  refuses("test_extrapolate", {{"n", 5}, {"dt", 1}}, "unknown key \"dt\"");
  refuses("test_extrapolate", {{"n", 5}, {"steps", 900000}}, "test_extrapolate.steps = 900000");
}

TEST_CASE("all splits share the view, the coordinates and the constants of train") {
  const Config config = config_from_json(with("test_parameters", {{"n", 5}, {"physics", {{"length", 0.5}}}}));
  const Simulations simulations(config);
  CHECK(simulations.of(Split::test_parameters).nominal_view().half_width ==
        simulations.train().nominal_view().half_width);
  CHECK(simulations.of(Split::test_parameters).trajectory(Split::test_parameters, 0).parameters[2] == 0.5);
  CHECK_THROWS_AS(simulations.of(Split::test_energy), std::out_of_range);

  const Json bodies{{"system", "n_body"}, {"test_parameters", {{"n", 5}, {"physics", {{"masses", {1, 2}}}}}}};
  CHECK_THROWS_WITH_AS(Simulations(config_from_json(bodies)), doctest::Contains("other coordinates"),
                       FieldError);
  const Json friction{{"system", "pendulum"},
                      {"test_parameters", {{"n", 5}, {"physics", {{"friction", 1}}}}}};
  CHECK_THROWS_WITH_AS(Simulations(config_from_json(friction)), doctest::Contains("friction"), FieldError);
}

TEST_CASE("splits draw from random streams of their own") {
  const Config config = config_from_json(with("test_extrapolate", {{"n", 5}, {"steps", 60}}));
  const Simulations simulations(config);
  const auto longer = simulations.of(Split::test_extrapolate).trajectory(Split::test_extrapolate, 0);
  CHECK(longer.energy.size() == 61);
  CHECK(longer.q[0] != simulations.train().trajectory(Split::train, 0).q[0]);
  CHECK(longer.q[0] != simulations.of(Split::test).trajectory(Split::test, 0).q[0]);
}

TEST_CASE("a plan of before there was a validation split has none") {
  const Config config = config_from_json({{"system", "pendulum"}, {"n", 20}, {"n_validation", 0}});
  Json older = to_json(config);
  older.erase("n_validation");
  const Config known = config_of("dataset", hamgen::dataset::make_plan(this_generator(), older));
  CHECK(known.splits.size() == 2);
  CHECK(to_json_like(known, older) == older);
}

TEST_CASE("a plan of before there was space around pendulums shows them without") {
  Json older = to_json(config_from_json({{"system", "pendulum"}, {"n", 20}}));
  older["view"].erase("margin");
  const Config known = config_of("dataset", hamgen::dataset::make_plan(this_generator(), older));
  const Simulations simulations(known);
  CHECK(simulations.train().nominal_view().half_width == simulations.train().system().half_width());
  CHECK(to_json_like(known, older) == older);
  const Config today = config_from_json({{"system", "pendulum"}});
  CHECK(Simulations(today).train().nominal_view().half_width > simulations.train().nominal_view().half_width);
}
