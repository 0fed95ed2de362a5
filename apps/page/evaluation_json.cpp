#include "apps/page/evaluation_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

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
  for (const Json& value : list_at(json, path))
    numbers.push_back(value.is_number() ? value.get<double>() : not_a_number);
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
  if (value.is_number()) return {value.get<double>(), not_a_number};
  return {number_at(value, "/mean"), number_at(value, "/ci95")};
}

std::vector<RunLook> looks_of(const Json& runs) {
  constexpr std::size_t colours = 6, dashes = 4;
  std::vector<std::string> all, seen;
  std::array<std::size_t, colours> used{};
  for (const Json& run : runs) all.push_back(title_of(run));
  std::vector<RunLook> looks;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto before = static_cast<std::size_t>(std::count(all.begin(), all.begin() + i, all[i]));
    if (before == 0) seen.push_back(all[i]);
    const auto title = static_cast<std::size_t>(std::find(seen.begin(), seen.end(), all[i]) - seen.begin());
    const bool is_alone = std::count(all.begin(), all.end(), all[i]) == 1;
    const double seed = number_at(runs[i], "/seed");
    const std::string which =
        std::isfinite(seed) ? fmt::format(", seed {:.0f}", seed) : fmt::format(" ({})", before + 1);
    looks.push_back(
        {is_alone ? all[i] : all[i] + which, {title % colours, used[title % colours]++ % dashes}});
  }
  // Runs of one title and seed that differ in something else.
  for (std::size_t i = 0; i < looks.size(); ++i) {
    const auto same = [&](const RunLook& look) { return look.name == looks[i].name; };
    if (const std::string run = text_at(runs[i], "/run");
        std::count_if(looks.begin(), looks.end(), same) > 1 && !run.empty())
      looks[i].name = all[i] + " (" + run + ")";
  }
  return looks;
}

}  // namespace hamgen::apps
