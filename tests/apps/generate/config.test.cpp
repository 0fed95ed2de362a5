// One list of descriptors feeds parsing, printing, the JSON Schema and the reference page; here they have to
// agree.
#include "apps/generate/config.hpp"

#include <doctest/doctest.h>

#include "apps/generate/planned_shards.hpp"

using namespace hamgen::apps;
using hamgen::schemas::FieldError;
using hamgen::simulators::systems;

TEST_CASE("every system's configuration survives printing and reading") {
  for (const auto& system : systems()) {
    CAPTURE(system.name);
    Json json = to_json(default_config(system.name));
    CHECK(to_json(config_from_json(json)) == json);
    json["noise"]["std"] = 0.25;
    json["seed"] = 12345;
    CHECK(to_json(config_from_json(json)) == json);
  }
}

TEST_CASE("a system's own defaults win over the common ones") {
  CHECK(default_config("three_body").settings.real("noise.std") == 0.2);
  CHECK(default_config("two_body").settings.real("noise.std") == 0.05);
  CHECK(default_config("pendulum").settings.real("noise.std") == 0.1);
}

TEST_CASE("n_test is a fifth of n unless it is given") {
  Json json{{"system", "pendulum"}, {"n", 55}};
  CHECK(config_from_json(json).test_size() == 11);
  json["n_test"] = 0;
  CHECK(config_from_json(json).test_size() == 0);
}

TEST_CASE("n_validation is a fifth of n, at most 200, unless it is given") {
  Json json{{"system", "pendulum"}, {"n", 55}};
  CHECK(config_from_json(json).validation_size() == 11);
  CHECK(config_from_json(json).splits.back().split == hamgen::simulators::Split::validation);
  json["n"] = 50'000;
  CHECK(config_from_json(json).validation_size() == 200);
  CHECK(to_json(config_from_json(json)).at("n_validation") == 200);
  json["n_validation"] = 0;
  CHECK(config_from_json(json).validation_size() == 0);
  CHECK(config_from_json(json).splits.size() == 2);
}

TEST_CASE("assignments reach nested fields, as JSON or as bare text") {
  Json json{{"system", "three_body"}};
  assign(json, {{"start.radius", "[0.5, 1]"},
                {"integrator.method", "dopri5"},
                {"n", "7"},
                {"view.half_width", "null"}});
  const Config config = config_from_json(json);
  CHECK(config.settings.reals("start.radius") == std::vector<double>{0.5, 1});
  CHECK(config.settings.text("integrator.method") == "dopri5");
  CHECK(config.train_size() == 7);
  CHECK(config.settings.is_automatic("view.half_width"));
}

TEST_CASE("what is wrong is named, with what is allowed") {
  const auto refusal = [](const Assignments& assignments) -> std::string {
    Json json{{"system", "three_body"}};
    try {
      assign(json, assignments);
      config_from_json(json);
    } catch (const FieldError& error) {
      return error.what();
    }
    return "accepted";
  };
  CHECK(refusal({{"integrator.metod", "rk4"}}).find("did you mean \"integrator.method\"") !=
        std::string::npos);
  CHECK(refusal({{"n", "0"}}) == "n = 0 is not allowed: expected an integer >= 1 and <= 1000000000");
  CHECK(refusal({{"n", "3.5"}}).find("n = 3.5") != std::string::npos);
  CHECK(refusal({{"image.size", "60"}}).find("a multiple of 8") != std::string::npos);
  CHECK(refusal({{"start.radius", "[1, 0.5]"}}).find("low <= high") != std::string::npos);
  CHECK(refusal({{"start.radius", "[1, \"a\"]"}}).find("start.radius = [1,\"a\"]") != std::string::npos);
  CHECK(refusal({{"physics", "3"}}).find("\"physics\" is a section") != std::string::npos);
  CHECK(refusal({{"nosie.std", "1"}}).find("did you mean \"noise.std\"") != std::string::npos);
  CHECK(refusal({{"elephant.trunk", "1"}}).find("did you mean") == std::string::npos);
  CHECK(refusal({{"n", "1e3"}}) == "accepted");
  CHECK(refusal({{"physics.masses", "[1, 1]"}}).find("at least 3") != std::string::npos);
  CHECK(refusal({{"seed", "18446744073709551615"}}).find("seed") != std::string::npos);
  CHECK(refusal({{"system", "four_body"}}).find("mass_spring, pendulum") != std::string::npos);
  CHECK(refusal({{"steps", "1000000"}}).find("image.size = 64") != std::string::npos);
  CHECK(refusal({{"n.x", "3"}, {"n", "3"}}) == "accepted");
}

TEST_CASE("schema and reference know every field of every system") {
  const Json schema = json_schema();
  const std::string reference = config_reference();
  for (std::size_t i = 0; i < systems().size(); ++i)
    for (const auto& field : fields_of(systems()[i])) {
      CAPTURE(field.path);
      CHECK(reference.find("`" + field.path + "`") != std::string::npos);
      const Json* place = &schema["oneOf"][i];
      for (std::string rest = field.path; !rest.empty();) {
        const auto dot = rest.find('.');
        place = &place->at("properties").at(rest.substr(0, dot));
        rest = dot == std::string::npos ? "" : rest.substr(dot + 1);
      }
      CHECK(place->contains("default"));
      CHECK(place->contains("description"));
    }
}

TEST_CASE("JSON that no configuration is made of is refused: broken, too deep, beyond all numbers") {
  CHECK(parse_json("{\"n\": 3}").at("n") == 3);
  CHECK_THROWS_WITH_AS(parse_json("{"), doctest::Contains("not valid JSON"), FieldError);
  CHECK_THROWS_WITH_AS(parse_json(std::string(100'000, '[')), doctest::Contains("nested too deeply"),
                       FieldError);
  CHECK_THROWS_WITH_AS(parse_json("{\"dt\": 1e400}"), doctest::Contains("too large"), FieldError);
}

TEST_CASE("text that is not UTF-8 is shown as well as it can be") {
  Json json{{"system", "pendulum"}};
  assign(json, {{"n", "\xff"}});
  CHECK_THROWS_WITH_AS(config_from_json(json), doctest::Contains("n = "), FieldError);
}

TEST_CASE(
    "shards grow with the dataset, so that an index never has more than 200, unless their size is given") {
  const auto size_of = [](const Json& more) {
    Json json{{"system", "pendulum"}};
    json.update(more);
    const Config config = config_from_json(json);
    CHECK(to_json(config).at("shard_size") == config.shard_size());
    CHECK(config_from_json(to_json(config)).shard_size() == config.shard_size());
    return std::pair(config.shard_size(), note_on_indices(config).empty());
  };
  using Pair = std::pair<std::int64_t, bool>;
  CHECK(size_of(Json::object()) == Pair{500, true});
  CHECK(size_of({{"n", 100'000}}) == Pair{500, true});
  CHECK(size_of({{"n", 100'001}}) == Pair{501, true});
  CHECK(size_of({{"n", 1'000'000}}) == Pair{5'000, true});
  CHECK(size_of({{"n", 1}, {"n_test", 400'000}}) == Pair{2'000, true});
  CHECK(size_of({{"n", 1'000'000}, {"shard_size", nullptr}}) == Pair{5'000, true});
  CHECK(size_of({{"n", 1'000'000}, {"shard_size", 500}}) == Pair{500, false});
  CHECK(size_of({{"n", 100'000}, {"shard_size", 500}}) == Pair{500, true});
}

TEST_CASE("a plan of more than a million shards is refused") {
  const Json json{{"system", "pendulum"}, {"n", 50'000'000}, {"shard_size", 10}};
  CHECK_THROWS_WITH_AS(config_from_json(json), doctest::Contains("at most a million shards"), FieldError);
}
