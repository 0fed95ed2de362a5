#include "apps/shell/command_line.hpp"

#include <doctest/doctest.h>

#include <cxxopts.hpp>
#include <new>

#include "apps/shell/stop_signal.hpp"
#include "schemas/field.hpp"
#include "tests/captured_stderr.hpp"

using namespace hamgen;
using namespace hamgen::apps;
using tests::captured_stderr;

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
