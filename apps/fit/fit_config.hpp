// The configuration of a training run: presets, a JSON file and flags over the fields' defaults, and what
// "auto" means on this machine.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "apps/shell/field_json.hpp"
#include "model/registry.hpp"
#include "model/training/process_group.hpp"

namespace hamgen::apps {

// A named set of values, from schemas/presets/NAME.json, laid over that of its "base" where it names one.
struct Preset {
  std::string name, summary;
  Json settings;  // nested objects; a model takes those that it has fields for
  Json models;    // {name: what is different for this model}, for every model that the preset is for
};
const std::vector<Preset>& presets();
// Throws schemas::FieldError that lists all.
const Preset& find_preset(const std::string& name);
// What the preset says for a model, "model" among it. Throws schemas::FieldError where it says nothing.
Json preset_settings(const std::string& preset, const std::string& model);
// Those members of nested objects that are fields.
Json known_fields(const Json& json, const std::vector<schemas::Field>& fields,
                  const std::string& prefix = "");
// The preset of a model where none is chosen.
std::string default_preset(const std::string& model);

struct FitConfig {
  const model::ModelDescriptor* model = nullptr;
  std::vector<schemas::Field> fields;
  schemas::Settings settings;

  // A value that the field allows. Throws std::logic_error where this model has no such field.
  void set(std::string_view path, schemas::Value value);
};

// Throws schemas::FieldError that names the JSON path, the value and what is allowed.
FitConfig fit_config_from_json(const Json& json);
Json to_json(const FitConfig& config);  // "model" first
// Puts what this machine makes of "device", "precision" and "threads" in their place. Throws
// schemas::FieldError where a GPU was asked for and there is none.
void resolve_machine(FitConfig& config, const model::Place& place = {});

Json fit_schema();            // JSON Schema of any model's configuration
std::string fit_reference();  // Markdown

}  // namespace hamgen::apps
