#include "apps/shell/command_line.hpp"

#include <doctest/doctest.h>

#include <cxxopts.hpp>
#include <new>

#include "apps/shell/stop_signal.hpp"
#include "tests/captured_stderr.hpp"

using namespace hamgen;
using namespace hamgen::apps;
using tests::captured_stderr;

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

TEST_CASE("an exception becomes one line on stderr, and the exit status of its kind") {
  int status = -1;
  const auto line_of = [&](auto work) {
    return captured_stderr([&] { status = run_program("hamgen", work); });
  };
  CHECK(line_of([] { return success; }) == "");
  CHECK(status == 0);
  CHECK(line_of([]() -> int { throw schemas::FieldError("n = 0 is not allowed"); }) ==
        "hamgen: n = 0 is not allowed\n");
  CHECK(status == 2);
  CHECK(line_of([]() -> int {
          throw cxxopts::exceptions::no_such_option("frobnicate");
        }).find("frobnicate") != std::string::npos);
  CHECK(status == 2);
  CHECK(line_of([]() -> int { throw std::runtime_error("disk full"); }) == "hamgen: disk full\n");
  CHECK(status == 1);
  CHECK(line_of([]() -> int { throw Interrupted("stopped"); }) == "hamgen: stopped\n");
  CHECK(status == 75);
  CHECK(line_of([]() -> int { throw std::bad_alloc(); }).find("out of memory") != std::string::npos);
  CHECK(status == 1);
}
