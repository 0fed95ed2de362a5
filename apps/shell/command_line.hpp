// How every program runs: commands, help, exit statuses, and how an exception becomes one.
#pragma once

#include <functional>
#include <string>

#include "apps/shell/arguments.hpp"

namespace hamgen::apps {

inline constexpr int success = 0, failure = 1, usage = 2;
inline constexpr int interrupted = 75;  // EX_TEMPFAIL: the same command goes on

// What PROGRAM reference NAME prints.
struct ReferencePage {
  std::string name;
  std::string (*text)();
};

// Runs the program; an exception becomes one line on stderr and the exit status of its kind. Results that could
// not be written to stdout are a failure, too; a line that stderr does not take changes nothing (streams.hpp).
int run_program(const char* name, const std::function<int()>& run);

// Parses, answers help, version and completion, and runs the command or the program: its exit status.
int run_command_line(const CommandLine& line, int argc, char** argv);

}  // namespace hamgen::apps
