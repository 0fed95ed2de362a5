#include "apps/shell/command_line.hpp"

#include <fmt/format.h>

#include <csignal>
#include <cxxopts.hpp>
#include <new>

#include "apps/shell/stop_signal.hpp"
#include "apps/shell/streams.hpp"

namespace hamgen::apps {

Assignments take_assignments(std::vector<std::string>& arguments) {
  Assignments assignments;
  for (auto at = arguments.begin(); at != arguments.end();) {
    std::string text;
    if (*at == "--set" && at + 1 != arguments.end()) {
      text = *(at + 1);
      at = arguments.erase(at, at + 2);
    } else if (at->starts_with("--set=")) {
      text = at->substr(6);
      at = arguments.erase(at);
    } else {
      ++at;
      continue;
    }
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
      throw schemas::FieldError("--set " + text + " is not understood: expected --set path=value");
    assignments.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return assignments;
}

std::int64_t whole_number(const std::string& flag, const std::string& text, double at_least, double at_most) {
  const Json value = Json::parse(text, nullptr, false);
  const auto field = schemas::integer("--" + flag, 0, "", "").at_least(at_least).at_most(at_most);
  if (!value.is_number_integer()) return std::get<std::int64_t>(field.checked(text));
  return std::get<std::int64_t>(field.checked(value.get<std::int64_t>()));
}

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

}  // namespace hamgen::apps
