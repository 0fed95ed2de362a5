// The configuration of a dataset: which fields there are for a system, their values, and every view of them.
#pragma once

#include <string>
#include <vector>

#include "apps/shell/field_json.hpp"
#include "simulators/registry.hpp"

namespace hamgen::apps {

// All fields of a dataset of this system, with the system's own defaults in place.
std::vector<schemas::Field> fields_of(const simulators::SystemDescriptor& system);

// The trajectories of one split, and the settings that they are made with.
struct SplitConfig {
  simulators::Split split = simulators::Split::train;
  std::int64_t size = 0;
  schemas::Settings settings;
};

const char* split_name(simulators::Split split);
simulators::Split split_named(const std::string& name);  // throws std::out_of_range

// A split that asks a question of its own: how it may differ from train and test.
struct Question {
  simulators::Split split;
  const char* field;  // the field, or the section ("start."), that its block may set
  const char* help;
};
const std::vector<Question>& questions();

// Shards of an index at the most, where shard_size is left out: who reads a whole index has as many files
// open, of the 1,024 that a process usually may.
inline constexpr std::int64_t most_shards_of_index = 200;

struct Config {
  const simulators::SystemDescriptor* system = nullptr;
  std::vector<schemas::Field> fields;
  schemas::Settings settings;
  Json blocks = Json::object();  // of the generalisation splits: what is set for them, by split and path

  std::int64_t train_size() const { return settings.integer("n"); }
  std::int64_t test_size() const;        // n_test, or n / 5
  std::int64_t validation_size() const;  // n_validation, or n / 5, at most 200
  // shard_size, or 500, and more where an index would have too many shards
  std::int64_t shard_size() const;
  // That have trajectories, in order. Made once, from settings and blocks: who changes those makes it anew.
  std::vector<SplitConfig> splits;
};

// Throws schemas::FieldError that names the JSON path, the value and what is allowed.
Config default_config(const std::string& system);
Config config_from_json(const Json& json);

Json to_json(const Config& config);  // nested objects, every field, "system" first
// The same, with those fields only that `like` has a value of.
Json to_json_like(const Config& config, const Json& like);
Json json_schema();              // of any system's configuration
std::string config_reference();  // Markdown

}  // namespace hamgen::apps
