// The configuration of a dataset: which fields there are for a system, their values from defaults, a JSON
// file and the command line, and every view of the descriptors (JSON, JSON Schema, reference page).
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "schemas/field.hpp"
#include "simulators/registry.hpp"

namespace hamgen::apps {

using Json = nlohmann::ordered_json;

// All fields of a dataset of this system, with the system's own defaults in place.
std::vector<schemas::Field> fields_of(const simulators::SystemDescriptor& system);

struct Config {
  const simulators::SystemDescriptor* system = nullptr;
  std::vector<schemas::Field> fields;
  schemas::Settings settings;

  std::int64_t train_size() const { return settings.integer("n"); }
  std::int64_t test_size() const;  // n_test, or n / 5
};

// "path=value" pairs, values as JSON or bare text.
using Assignments = std::vector<std::pair<std::string, std::string>>;

// Throws schemas::FieldError that names the JSON path, the value and what is allowed.
Config default_config(const std::string& system);
Config config_from_json(const Json& json);
Json read_json(const std::filesystem::path& file);
// Sets "system" and fields of `json` by dotted path, creating objects on the way.
void assign(Json& json, const Assignments& assignments);

Json to_json(const Config& config);  // nested objects, every field, "system" first
Json json_schema();                  // of any system's configuration
std::string config_reference();      // Markdown

}  // namespace hamgen::apps
