// What the programs' command lines share: exit statuses, short flags for configuration fields, --set.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "apps/shell/field_json.hpp"

namespace hamgen::apps {

inline constexpr int success = 0, failure = 1, usage = 2;
inline constexpr int interrupted = 75;  // EX_TEMPFAIL: the same command goes on

// A flag that is short for one configuration field.
struct Shorthand {
  const char* flag;
  const char* path;
  const char* help;
};

// A word that a program begins with, in place of flags: "hamgen info DIR".
template <class Program>
struct Command {
  std::string name;
  const char* argument;  // what it needs, in words; null where it needs nothing
  int (*run)(const Program&, const std::string& argument);
};

// What PROGRAM reference NAME prints.
struct ReferencePage {
  std::string name;
  std::string (*text)();
};

// Removes "--set path=value" and "--set=path=value" from the arguments: values hold commas inside lists, at
// which cxxopts would cut them. Throws schemas::FieldError for anything else behind --set.
Assignments take_assignments(std::vector<std::string>& arguments);

// The value of --flag. Throws schemas::FieldError that names the flag and what is allowed.
std::int64_t whole_number(const std::string& flag, const std::string& text, double at_least, double at_most);

// Runs the program; an exception becomes one line on stderr and the exit status of its kind. Results that could
// not be written to stdout are a failure, too; a line that stderr does not take changes nothing (streams.hpp).
int run_program(const char* name, const std::function<int()>& run);

}  // namespace hamgen::apps
