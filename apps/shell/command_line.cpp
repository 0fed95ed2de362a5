#include "apps/shell/command_line.hpp"

#include <fmt/format.h>

#include <csignal>
#include <cxxopts.hpp>
#include <new>
#include <optional>

#include "apps/shell/help.hpp"
#include "apps/shell/restart.hpp"
#include "apps/shell/stop_signal.hpp"
#include "apps/shell/streams.hpp"
#include "schemas/names.hpp"

namespace hamgen::apps {
namespace {

using schemas::FieldError;

[[noreturn]] void refuse_word(const CommandLine& line, const std::string& word) {
  const std::string guess = line.guess != nullptr ? line.guess(word) : "";
  if (!guess.empty()) throw FieldError("unknown command \"" + word + "\": " + guess);
  std::vector<std::string_view> names;
  for (const Command& command : line.commands) names.push_back(command.name);
  schemas::refuse_unknown("command", word, names, line.synopsis.substr(0, line.synopsis.find(" [")));
}

int run_command(const CommandLine& line, const Command& command, const Arguments& arguments) {
  const std::string name = line.program + " " + command.name;
  const std::size_t expected = command.argument.empty() ? 1 : 2;
  const auto& words = arguments.words();
  if (words.size() < expected) throw FieldError(name + " needs an argument: " + command.argument);
  if (words.size() > expected) throw FieldError("unexpected argument \"" + words[expected] + "\"");
  for (const Flag* flag : arguments.given())
    if (!takes(line, &command, *flag)) throw FieldError("--" + flag->name + " does not apply to " + name);
  return command.run(arguments);
}

int run_without_command(const CommandLine& line, const Arguments& arguments) {
  for (const Flag* flag : arguments.given())
    if (!takes(line, nullptr, *flag))
      throw FieldError("--" + flag->name + " is for " + line.program + " " + group_of(line, *flag).command);
  return line.run(arguments);
}

// "help", "help COMMAND", "--help", "COMMAND --help"; nothing at all asks for help, too.
std::optional<std::string> wanted_help(const CommandLine& line, const Arguments& arguments) {
  std::vector<std::string> words = arguments.words();
  const bool is_first = !words.empty() && words.front() == "help";
  const bool is_bare = words.empty() && arguments.given().empty() && !arguments.sets_fields();
  if (!is_first && !arguments.has("help") && !is_bare) return std::nullopt;
  if (is_first) words.erase(words.begin());
  if (words.empty()) return help_text(line);
  if (const Command* const command = find_command(line, words.front())) return help_text(line, *command);
  if (is_first) refuse_word(line, words.front());
  return help_text(line);
}

}  // namespace

int run_program(const char* name, const std::function<int()>& run) {
  const auto report = [&](const std::exception& error, int status) {
    tell(fmt::format("{}: {}\n", name, error.what()));
    return status;
  };
  prepare_streams();
  std::signal(SIGXFSZ, SIG_IGN);  // a file as long as ulimit -f allows is told of like a full disk
  try {
    return run_to_the_last_byte(run);
  } catch (const cxxopts::exceptions::exception& error) {
    return report(error, usage);
  } catch (const schemas::FieldError& error) {
    return report(error, usage);
  } catch (const Interrupted& error) {
    return report(error, interrupted);
  } catch (const std::bad_alloc&) {
    tell(name);
    tell(": out of memory: fewer --threads need less, and so do smaller shards or batches\n");
    return failure;
  } catch (const std::exception& error) {
    return report(error, failure);
  }
}

int run_command_line(const CommandLine& line, int argc, char** argv) {
  std::vector<std::string> typed(argv + 1, argv + argc);
  const Arguments arguments(line, std::move(typed));
  if (const auto help = wanted_help(line, arguments)) {
    fmt::print("{}", *help);
    return success;
  }
  const auto& words = arguments.words();
  const std::string first = words.empty() ? "" : words.front();
  if (arguments.has("version") || first == "version") {
    fmt::print("{}\n", line.version());
    return success;
  }
  if (first == "completion") {
    if (words.size() != 2) throw FieldError(line.program + " completion needs an argument: bash or zsh");
    fmt::print("{}", completion_text(line, words[1]));
    return success;
  }
  if (const Command* const command = find_command(line, first)) return run_command(line, *command, arguments);
  if (!words.empty() && line.words.empty()) refuse_word(line, first);
  if (line.uses_openmp != nullptr && line.uses_openmp(arguments)) restart_with_best_environment(argv);
  return run_without_command(line, arguments);
}

}  // namespace hamgen::apps
