// Values in an evaluation's JSON, any of which may be missing or null. Paths are JSON pointers.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apps/page/svg_chart.hpp"
#include "apps/shell/field_json.hpp"

namespace hamgen::apps {

// Null where there is none.
const Json& value_at(const Json& json, const char* path);
// Not a number where there is none.
double number_at(const Json& json, const char* path);
std::vector<double> numbers_at(const Json& json, const char* path);
// Empty where there is none.
std::string text_at(const Json& json, const char* path);
bool flag_at(const Json& json, const char* path);
// Empty where there is none or it is no list.
const Json& list_at(const Json& json, const char* path);

// A mean and half its 95 % confidence interval. A bare number is a mean, too.
struct Measure {
  double mean, half_width;
};
Measure measure_at(const Json& json, const char* path);

// How the page names and draws each run. One title (the seeds of a model) has one colour.
struct RunLook {
  std::string name;
  LineLook line;
};
std::vector<RunLook> looks_of(const Json& runs);

}  // namespace hamgen::apps
