#include "apps/page/values.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <map>

#include "apps/page/html.hpp"

namespace hamgen::apps {
namespace {

std::string title_of(const Json& run) {
  for (const char* path : {"/title", "/run", "/model"})
    if (std::string text = text_at(run, path); !text.empty()) return text;
  return "run";
}

}  // namespace

const Json& value_at(const Json& json, const char* path) {
  static const Json none;
  const Json::json_pointer pointer(path);
  return json.contains(pointer) ? json.at(pointer) : none;
}

double number_at(const Json& json, const char* path) {
  const Json& value = value_at(json, path);
  return value.is_number() ? value.get<double>() : not_a_number;
}

std::vector<double> numbers_at(const Json& json, const char* path) {
  std::vector<double> numbers;
  for (const Json& value : list_at(json, path)) numbers.push_back(number_at(value, ""));
  return numbers;
}

std::string text_at(const Json& json, const char* path) {
  const Json& value = value_at(json, path);
  return value.is_string() ? value.get<std::string>() : "";
}

bool flag_at(const Json& json, const char* path) {
  const Json& value = value_at(json, path);
  return value.is_boolean() && value.get<bool>();
}

const Json& list_at(const Json& json, const char* path) {
  static const Json none = Json::array();
  const Json& value = value_at(json, path);
  return value.is_array() ? value : none;
}

Measure measure_at(const Json& json, const char* path) {
  const Json& value = value_at(json, path);
  return {number_at(value, value.is_number() ? "" : "/mean"), number_at(value, "/ci95")};
}

std::vector<RunLook> looks_of(const Json& runs) {
  constexpr std::size_t colours = 6, dashes = 4;
  std::array<std::size_t, colours> used{};
  std::map<std::string, std::size_t> of_title, before, order, of_name;
  for (const Json& run : runs) ++of_title[title_of(run)];
  std::vector<RunLook> looks;
  for (const Json& run : runs) {
    const std::string title = title_of(run);
    const std::size_t number = ++before[title],
                      colour = order.emplace(title, order.size()).first->second % colours;
    const double seed = number_at(run, "/seed");
    const std::string which =
        std::isfinite(seed) ? fmt::format(", seed {:.0f}", seed) : fmt::format(" ({})", number);
    looks.push_back({of_title[title] == 1 ? title : title + which, {colour, used[colour]++ % dashes}});
    ++of_name[looks.back().name];
  }
  // Runs of one title and seed that differ in something else.
  for (std::size_t i = 0; i < looks.size(); ++i)
    if (const std::string run = text_at(runs[i], "/run"); of_name[looks[i].name] > 1 && !run.empty()) {
      --of_name[looks[i].name];
      looks[i].name = title_of(runs[i]) + " (" + run + ")";
      ++of_name[looks[i].name];
    }
  return looks;
}

}  // namespace hamgen::apps
