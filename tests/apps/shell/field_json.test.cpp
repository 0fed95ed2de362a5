#include "apps/shell/field_json.hpp"

#include <doctest/doctest.h>

using namespace hamgen;
using namespace hamgen::apps;
using schemas::FieldError;

namespace {

const std::vector<schemas::Field>& fields() {
  using namespace schemas;
  static const std::vector<Field> all{
      integer("n", 10, "trajectory", "how many").at_least(1),
      real("noise.std", 0.1, "length", "of positions").at_least(0),
      text("integrator.method", "rk4", "scheme").one_of({"rk4", "leapfrog"}),
      integer("integrator.steps", 0, "", "null: automatic").at_least(1).or_automatic(),
      spread("start.radius", {0.5, 1}, "length", "of starts").above(0),
      texts("look.colors", {"#ff0000"}, "of bodies").colors(),
      integers("flow.hidden", {8, 8}, "", "units | layer").at_least(1),
      boolean("quiet", false, "say nothing"),
  };
  return all;
}

schemas::Settings applied(const std::string& text) {
  schemas::Settings settings(fields());
  apply(parse_json(text), fields(), settings, {" for system test", "test --print-config"});
  return settings;
}

}  // namespace

TEST_CASE("nested objects set the fields of their sections; numbers take the kind of their field") {
  const auto settings = applied(
      R"({"n": 1e3, "noise": {"std": 2}, "integrator": {"method": "leapfrog", "steps": null},
          "start": {"radius": 0.75}, "look": {"colors": "#00ff00"}, "quiet": true})");
  CHECK(settings.integer("n") == 1000);
  CHECK(settings.real("noise.std") == 2);
  CHECK(settings.text("integrator.method") == "leapfrog");
  CHECK(settings.is_automatic("integrator.steps"));
  CHECK(settings.spread("start.radius").low == 0.75);
  CHECK(settings.spread("start.radius").high == 0.75);
  CHECK(settings.texts("look.colors") == std::vector<std::string>{"#00ff00"});
  CHECK(settings.boolean("quiet"));
}

TEST_CASE("integers reach as far as the schema says, however they are written") {
  CHECK(applied(R"({"n": 9223372036854775807})").integer("n") == schemas::largest_integer);
  CHECK(applied(R"({"n": 1e18})").integer("n") == 1'000'000'000'000'000'000);
  CHECK_THROWS_AS(applied(R"({"n": 1e19})"), FieldError);
  CHECK(applied(R"({"noise": {"std": 18446744073709551615}})").real("noise.std") == 0x1p64);
}

TEST_CASE("what is refused is named, with what is allowed") {
  const std::pair<const char*, const char*> cases[]{
      {R"({"n": 0})", "n = 0 is not allowed"},
      {R"({"n": 2.5})", "n = 2.5 is not allowed"},
      {R"({"n": 18446744073709551615})", "n = 18446744073709551615 is not allowed"},
      {R"({"n": 9223372036854775808})", ">= 1 and <= 9223372036854775807"},
      {R"({"n": "ten"})", "n = \"ten\" is not allowed"},
      {R"({"noise": {"sdt": 1}})", "did you mean \"noise.std\"?"},
      {R"({"noise": 3})", "\"noise\" is a section"},
      {R"({"nonsense": {}})", "unknown key \"nonsense\" for system test (test --print-config lists all)"},
      {R"({"start": {"radius": [2, 1]}})", "start.radius"},
      {R"({"integrator": {"method": "euler"}})", "expected one of rk4, leapfrog"},
      {R"({"look": {"colors": ["red"]}})", "look.colors"},
      {R"({"quiet": "yes"})", "quiet"},
      {"[1, 2]", "not a JSON object"},
  };
  for (const auto& [json, message] : cases) {
    CAPTURE(json);
    CHECK_THROWS_WITH_AS(applied(json), doctest::Contains(message), FieldError);
  }
}

TEST_CASE("settings as JSON and back are the same settings") {
  const auto settings =
      applied(R"({"noise": {"std": 0.25}, "start": {"radius": 0.75}, "flow": {"hidden": [4]}})");
  const Json json = to_json(fields(), settings);
  CHECK(json.at("start").at("radius") == 0.75);  // one number, not a pair
  CHECK(json.at("flow").at("hidden").dump() == "[4]");
  CHECK(json.at("integrator").at("steps").is_null());
  schemas::Settings again(fields());
  apply(json, fields(), again, {});
  CHECK(again.values() == settings.values());
}

TEST_CASE("assignments are JSON where they can be, else text, and make the objects on their way") {
  Json json = Json::object();
  assign(json, {{"start.radius", "[0.5, 2]"}, {"integrator.method", "leapfrog"}, {"n", "7"}, {"n", "8"}});
  CHECK(json.dump() == R"({"start":{"radius":[0.5,2]},"integrator":{"method":"leapfrog"},"n":8})");
  CHECK_THROWS_AS(assign(json, {{"n.deeper", "1"}}), FieldError);
}

TEST_CASE("merging lays values over values, object by object; null is a value") {
  Json json = parse_json(R"({"a": {"b": 1, "c": 2}, "d": [1, 2]})");
  merge(json, parse_json(R"({"a": {"c": null}, "d": [3]})"));
  CHECK(json.dump() == R"({"a":{"b":1,"c":null},"d":[3]})");
}

TEST_CASE("the schema is closed, section by section, and says what the descriptors say") {
  const Json schema = object_schema(fields());
  CHECK(schema.at("additionalProperties") == false);
  const Json& integrator = schema.at("properties").at("integrator");
  CHECK(integrator.at("additionalProperties") == false);
  CHECK(integrator.at("properties").at("method").at("enum").dump() == R"(["rk4","leapfrog"])");
  CHECK(integrator.at("properties").at("steps").at("type").dump() == R"(["integer","null"])");
  CHECK(schema.at("properties").at("start").at("properties").at("radius").contains("anyOf"));
  CHECK(schema.at("properties").at("n").at("minimum") == 1);
  CHECK(schema.at("properties").at("n").at("maximum").dump() == "9223372036854775807");
  CHECK(table_row(fields()[6]).find("units \\| layer") != std::string::npos);  // no cell of its own
}
