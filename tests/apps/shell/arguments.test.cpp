#include "apps/shell/arguments.hpp"

#include <doctest/doctest.h>

#include "apps/shell/command_line.hpp"
#include "apps/shell/help.hpp"

using namespace hamgen;
using namespace hamgen::apps;

namespace {

int nothing(const Arguments&) {
  return 0;
}

const CommandLine& line() {
  static const CommandLine all{
      .program = "tool",
      .synopsis = "--name NAME [options]",
      .overview = "does something\n",
      .groups = {{"Main",
                  {{"name", "NAME", "what to make", "", 0,
                    [] {
                      return std::vector<std::string>{"one", "two"};
                    }},
                   {"n", "N", "how many", "n"},
                   {"image-size", "PIXELS", "how large", "image.size"},
                   {"out", "DIR", "where", "", 'o'},
                   {"force", "", "replace it"},
                   {"set", "PATH=VALUE", "one field"},
                   {"help", "", "print this", "", 'h'}}},
                 {"Look", {{"index", "I", "which"}}, "look"}},
      .commands = {{"look", "DIR", "shows it", {"force"}, nothing}},
      .synonyms = {{"frames", "use --n N"}},
      .version = [] { return std::string("tool 1"); },
      .run = nothing,
  };
  return all;
}

Arguments parse(std::vector<std::string> typed) {
  return {line(), std::move(typed)};
}

int run(std::vector<std::string> typed) {
  typed.insert(typed.begin(), "tool");
  std::vector<char*> pointers;
  for (std::string& word : typed) pointers.push_back(word.data());
  return run_command_line(line(), static_cast<int>(pointers.size()), pointers.data());
}

}  // namespace

TEST_CASE("--set is taken out of the arguments, in both spellings, commas and equals signs included") {
  std::vector<std::string> arguments{
      "hamgen", "--set", "start.radius=[0.5,1]", "--n", "5", "--set=physics.hamiltonian=a=b", "rest"};
  const Assignments taken = take_assignments(arguments);
  CHECK(taken == Assignments{{"start.radius", "[0.5,1]"}, {"physics.hamiltonian", "a=b"}});
  CHECK(arguments == std::vector<std::string>{"hamgen", "--n", "5", "rest"});
}

TEST_CASE("what is no assignment behind --set is refused by name") {
  for (const char* text : {"radius", "=3", ""}) {
    CAPTURE(text);
    std::vector<std::string> arguments{"hamgen", "--set", text};
    CHECK_THROWS_WITH_AS(take_assignments(arguments), doctest::Contains("expected --set path=value"),
                         schemas::FieldError);
  }
}

TEST_CASE("a last --set without anything behind it is left for the parser to refuse") {
  std::vector<std::string> arguments{"hamgen", "--set"};
  CHECK(take_assignments(arguments).empty());
  CHECK(arguments.size() == 2);
}

TEST_CASE("whole numbers are whole, and within their bounds") {
  CHECK(whole_number("threads", "8", 1, 64) == 8);
  for (const char* text : {"0", "65", "2.5", "two", "", "1e400", "9223372036854775808"}) {
    CAPTURE(text);
    CHECK_THROWS_WITH_AS(whole_number("threads", text, 1, 64), doctest::Contains("--threads"),
                         schemas::FieldError);
  }
}

TEST_CASE("flags are read in every spelling") {
  const Arguments arguments = parse({"--name", "a b", "--n=5", "-o", "there", "--force", "word"});
  CHECK(arguments.text("name") == "a b");
  CHECK(arguments.whole("n", 1, 0, 10) == 5);
  CHECK(arguments.text("out") == "there");
  CHECK(arguments.has("force"));
  CHECK_FALSE(arguments.has("index"));
  CHECK(arguments.text("index", "7") == "7");
  CHECK(arguments.words() == std::vector<std::string>{"word"});
  CHECK(parse({"--n", "-5"}).text("n") == "-5");
  CHECK(parse({"-n", "5"}).text("n") == "5");
  CHECK(parse({"--", "--name"}).words() == std::vector<std::string>{"--name"});
}

TEST_CASE("flags that are short for fields come before --set, which wins") {
  CHECK(parse({"--set", "n=7", "--n", "5"}).assignments() == Assignments{{"n", "5"}, {"n", "7"}});
}

TEST_CASE("a flag that is not there is refused with what was meant") {
  CHECK_THROWS_WITH_AS(parse({"--frames", "5"}), "there is no flag --frames: use --n N", schemas::FieldError);
  CHECK_THROWS_WITH_AS(parse({"--image_size", "5"}), doctest::Contains("did you mean --image-size?"),
                       schemas::FieldError);
  CHECK_THROWS_WITH_AS(parse({"--elephant"}), doctest::Contains("tool --help lists all"),
                       schemas::FieldError);
  CHECK_THROWS_WITH_AS(parse({"-x"}), doctest::Contains("there is no flag -"), schemas::FieldError);
  CHECK_THROWS_WITH_AS(parse({"--n"}), "--n needs a value: N", schemas::FieldError);
}

TEST_CASE("a command takes its own flags and argument, and no others") {
  CHECK(run({"look", "there", "--index", "3", "--force"}) == 0);
  CHECK_THROWS_WITH_AS(run({"look"}), "tool look needs an argument: DIR", schemas::FieldError);
  CHECK_THROWS_WITH_AS(run({"look", "a", "b"}), "unexpected argument \"b\"", schemas::FieldError);
  CHECK_THROWS_WITH_AS(run({"look", "a", "--n", "5"}), "--n does not apply to tool look",
                       schemas::FieldError);
  CHECK_THROWS_WITH_AS(run({"look", "a", "--set", "n=5"}), "--set does not apply to tool look",
                       schemas::FieldError);
  CHECK_THROWS_WITH_AS(run({"--index", "3"}), "--index is for tool look", schemas::FieldError);
  CHECK_THROWS_WITH_AS(run({"lok", "a"}), doctest::Contains("did you mean \"look\"?"), schemas::FieldError);
}

TEST_CASE("help shows every flag, and of a command those that it takes") {
  const std::string whole = help_text(line()), look = help_text(line(), line().commands.front());
  for (const Flag* flag : flags_of(line())) CHECK(whole.find("--" + flag->name) != std::string::npos);
  CHECK(whole.find("-o, --out DIR") != std::string::npos);
  CHECK(look.find("--index I") != std::string::npos);
  CHECK(look.find("--force") != std::string::npos);
  CHECK(look.find("--name") == std::string::npos);
}

TEST_CASE("completion knows flags, commands and names") {
  for (const char* shell : {"bash", "zsh"}) {
    const std::string text = completion_text(line(), shell);
    for (const char* word : {"--image-size", "look", "one two", "completion"})
      CHECK(text.find(word) != std::string::npos);
  }
  CHECK_THROWS_WITH_AS(completion_text(line(), "fish"), doctest::Contains("expected one of bash, zsh"),
                       schemas::FieldError);
}
