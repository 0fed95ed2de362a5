// The configuration of a dataset: which fields there are for a system, their values, and every view of them.
#pragma once

#include <string>
#include <vector>

#include "apps/field_json.hpp"
#include "simulators/registry.hpp"

namespace hamgen::apps {

// All fields of a dataset of this system, with the system's own defaults in place.
std::vector<schemas::Field> fields_of(const simulators::SystemDescriptor& system);

struct Config {
  const simulators::SystemDescriptor* system = nullptr;
  std::vector<schemas::Field> fields;
  schemas::Settings settings;

  std::int64_t train_size() const { return settings.integer("n"); }
  std::int64_t test_size() const;  // n_test, or n / 5
};

// Throws schemas::FieldError that names the JSON path, the value and what is allowed.
Config default_config(const std::string& system);
Config config_from_json(const Json& json);

Json to_json(const Config& config);  // nested objects, every field, "system" first
Json json_schema();                  // of any system's configuration
std::string config_reference();      // Markdown

}  // namespace hamgen::apps
