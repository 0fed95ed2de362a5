#include "apps/shell/progress.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "tests/captured_stderr.hpp"

using namespace hamgen::apps;
using hamgen::tests::captured_stderr;

TEST_CASE("durations and sizes are told in the units that people read") {
  CHECK(duration_text(0) == "0.0 s");
  CHECK(duration_text(59.94) == "59.9 s");
  CHECK(duration_text(75) == "1:15");
  CHECK(duration_text(3599.6) == "1:00:00");
  CHECK(duration_text(7384) == "2:03:04");
  CHECK(bytes_text(0) == "0 B");
  CHECK(bytes_text(999) == "999 B");
  CHECK(bytes_text(3.2e9) == "3.2 GB");
  CHECK(bytes_text(5e15) == "5000.0 TB");
}

TEST_CASE("without a terminal, a short piece of work is one line: what was done, and how long it took") {
  const std::string text = captured_stderr([] {
    Progress progress("train", 20, /*quiet=*/false);
    for (int i = 0; i < 20; ++i) progress.advance();
  });
  CHECK(std::ranges::count(text, '\n') == 1);
  CHECK(text.starts_with("train    20/20  "));
  CHECK(text.find("/s  took ") != std::string::npos);
  CHECK(text.find_first_of("\r\033[") == std::string::npos);  // a terminal's alone
}

TEST_CASE("quiet work prints nothing") {
  CHECK(captured_stderr([] { Progress("train", 5, /*quiet=*/true).advance(3); }) == "");
}

TEST_CASE("work that threads share is counted whole") {
  const std::string text = captured_stderr([] {
    Progress progress("test", 4000, /*quiet=*/false);
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        for (int k = 0; k < 1000; ++k) progress.advance();
      });
    for (std::thread& thread : threads) thread.join();
  });
  CHECK(text.find("4000/4000") != std::string::npos);
}

TEST_CASE("work of no pieces is done at once") {
  CHECK(captured_stderr([] { Progress("none", 0, /*quiet=*/false); }).find("0/0") != std::string::npos);
}

TEST_CASE("a status line is due when its pause is over, and not before") {
  captured_stderr([] {  // no terminal: ten seconds
    StatusLine line(std::chrono::milliseconds(1));
    CHECK(line.is_due());
    CHECK_FALSE(line.is_due());
    StatusLine later(std::chrono::milliseconds(1));
    later.wait_first();
    CHECK_FALSE(later.is_due());
  });
}
