#include "apps/shell/json_text.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>
#include <string>
#include <thread>

#include "schemas/field.hpp"
#include "tests/temporary_directory.hpp"

using namespace hamgen;
using namespace hamgen::apps;
using schemas::FieldError;

namespace {

std::string refusal(const std::string& text) {
  try {
    parse_json(text);
  } catch (const FieldError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("what is no JSON is refused with its place, as editors count it") {
  CHECK(refusal("{") == "it is not valid JSON (line 1, column 2)");
  CHECK(refusal("{\n  \"n\": 3,\n  \"m\": [1,, 2]\n}") == "it is not valid JSON (line 3, column 11)");
  CHECK(refusal("{\"µµ\": x}") == "it is not valid JSON (line 1, column 8)");  // characters, not bytes
  CHECK(refusal("{\r\n\r\n}}") == "it is not valid JSON (line 3, column 2)");
  CHECK(refusal(" \n") == "it is empty");
  CHECK(refusal("[1e400]") == "a number in it is too large for any computer");
  CHECK(refusal(std::string(100'000, '[')) == "the JSON is nested too deeply");
  CHECK(refusal(std::string(100, '[') + std::string(100, ']')) == "the JSON is nested too deeply");
}

TEST_CASE("YAML is refused by name") {
  for (const char* text : {"system: pendulum\nn: 5\n", "---\n{}\n", "# mine\n\nnoise:\n  std: 0.1\n"}) {
    CAPTURE(text);
    CHECK(refusal(text) == "it looks like YAML: expected JSON");
  }
  CHECK(refusal("{n: 3}").starts_with("it is not valid JSON"));
}

TEST_CASE("a key that is there twice is refused with its path, in one object alone") {
  CHECK(refusal(R"({"n": 1, "n": 1})") == "\"n\" is there twice");
  CHECK(refusal(R"({"noise": {"std": 1, "std": 2}})") == "\"noise.std\" is there twice");
  CHECK(refusal(R"({"noise": {"std": 1}, "n": 3, "noise": {}})") == "\"noise\" is there twice");
  CHECK(refusal(R"({"a": [{"b": 1}, {"b": 2, "b": 3}]})") == "\"a.b\" is there twice");
  CHECK(parse_json(R"({"a": {"n": 1}, "b": {"n": 2}, "n": 3})").size() == 3);
}

TEST_CASE("files and pipes are read, and refused by their name") {
  const TemporaryDirectory directory;
  const auto file = directory / "config.json";
  CHECK_THROWS_WITH_AS(read_json(file), doctest::Contains("cannot read the configuration file"), FieldError);
  CHECK_THROWS_WITH_AS(read_json(directory / ""), doctest::Contains("cannot read the configuration file"),
                       FieldError);
  std::ofstream(file) << "{]";
  CHECK_THROWS_WITH_AS(read_json(file), doctest::Contains("config.json: it is not valid JSON"), FieldError);
  CHECK_THROWS_WITH_AS(read_json("/dev/zero"), doctest::Contains("larger than any configuration"),
                       FieldError);

  const auto pipe = directory / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  std::thread writer([&] { std::ofstream(pipe) << "{\"n\": 7}"; });
  const Json read = read_json(pipe);
  writer.join();
  CHECK(read.at("n") == 7);
}
