#include "apps/fit/fit_config.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <regex>
#include <stdexcept>

#include "apps/shell/cores.hpp"
#include "apps/shell/preset_texts.hpp"
#include "schemas/names.hpp"

namespace hamgen::apps {
namespace {

using schemas::FieldError;

std::string resolve_device(const std::string& wanted) {
  static const std::regex pattern("auto|cpu|cuda(:[0-9]{1,4})?");
  if (!std::regex_match(wanted, pattern))
    throw FieldError("device = \"" + wanted + "\" is not allowed: expected auto, cpu, cuda or cuda:INDEX");
  const auto gpus = static_cast<int>(torch::cuda::is_available() ? torch::cuda::device_count() : 0);
  if (wanted == "cpu") return wanted;
  if (wanted == "auto") return gpus > 0 ? "cuda:0" : "cpu";
  const int index = wanted == "cuda" ? 0 : std::stoi(wanted.substr(5));
  if (index >= gpus)
    throw FieldError("device = \"" + wanted + "\" is not allowed: " +
                     (gpus == 0 ? "this machine, or this LibTorch, has no GPU"
                                : "this machine has " + std::to_string(gpus) + " GPU(s), counted from 0"));
  return "cuda:" + std::to_string(index);
}

// With all that it is based on.
Preset preset_of(const std::map<std::string, Json>& texts, const std::string& name) {
  const Json& json = texts.at(name);
  Preset base{"", "", Json::object(), Json::object()};
  if (json.contains("base")) base = preset_of(texts, json.at("base"));
  Preset preset{name, json.at("summary"), base.settings, json.at("models")};
  merge(preset.settings, json.at("settings"));
  for (auto& [model, difference] : preset.models.items()) {
    Json of_base = base.models.value(model, Json::object());
    merge(of_base, difference);
    difference = std::move(of_base);
  }
  return preset;
}

}  // namespace

void FitConfig::set(std::string_view path, schemas::Value value) {
  const auto field = std::ranges::find(fields, path, &schemas::Field::path);
  if (field == fields.end()) throw std::logic_error("there is no field " + std::string(path));
  settings.set(*field, std::move(value));
}

const std::vector<Preset>& presets() {
  static const std::vector<Preset> all = [] {
    std::map<std::string, Json> texts;
    for (const auto& [name, text] : preset_texts()) texts[name] = Json::parse(text);
    std::vector<Preset> list;
    for (const auto& [name, json] : texts) list.push_back(preset_of(texts, name));
    return list;
  }();
  return all;
}

const Preset& find_preset(const std::string& name) {
  return schemas::find_named(presets(), "preset", name, &Preset::name);
}

Json known_fields(const Json& json, const std::vector<schemas::Field>& fields, const std::string& prefix) {
  Json kept = Json::object();
  for (const auto& [key, value] : json.items()) {
    const std::string path = prefix + key;
    if (value.is_object()) {
      if (Json inner = known_fields(value, fields, path + "."); !inner.empty()) kept[key] = std::move(inner);
    } else if (std::ranges::count(fields, path, &schemas::Field::path) > 0) {
      kept[key] = value;
    }
  }
  return kept;
}

Json preset_settings(const std::string& preset_name, const std::string& model_name) {
  const Preset& preset = find_preset(preset_name);
  const model::ModelDescriptor& model = model::find_model(model_name);
  if (!preset.models.contains(model.name)) {
    std::string names;
    for (const auto& [name, difference] : preset.models.items()) names += (names.empty() ? "" : ", ") + name;
    throw FieldError("preset \"" + preset.name + "\" is not for model " + model.name + ", but for " + names);
  }
  Json json = known_fields(preset.settings, model::training_fields(model));
  merge(json, preset.models.at(model.name));
  json["model"] = model.name;
  return json;
}

std::string default_preset(const std::string& model) {
  for (const char* name : {"small", "density"})
    if (find_preset(name).models.contains(model)) return name;
  return "paper";
}

FitConfig fit_config_from_json(const Json& json) {
  if (!json.is_object()) throw FieldError("the configuration is not a JSON object");
  const Json name = json.value("model", Json("hgn"));
  if (!name.is_string()) throw FieldError("model = " + name.dump() + " is not allowed: expected a name");
  FitConfig config;
  config.model = &model::find_model(name.get<std::string>());
  config.fields = model::training_fields(*config.model);
  config.settings = schemas::Settings(config.fields);
  Json rest = json;
  rest.erase("model");
  apply(rest, config.fields, config.settings, {" for model " + config.model->name, "hgn-fit --print-config"});
  return config;
}

Json to_json(const FitConfig& config) {
  Json json{{"model", config.model->name}};
  json.update(to_json(config.fields, config.settings));
  return json;
}

void resolve_machine(FitConfig& config, const model::Place& place) {
  const std::string wanted = config.settings.text("device");
  const bool takes_its_own =
      place.size > 1 && (wanted.starts_with("cuda") || (wanted == "auto" && torch::cuda::is_available()));
  const std::string device = resolve_device(
      takes_its_own ? "cuda:" + std::to_string(place.local_rank %
                                               std::max(1, static_cast<int>(torch::cuda::device_count())))
                    : wanted);
  config.set("device", device);
  if (config.settings.text("precision") == "auto")
    config.set("precision", std::string(model::computes_in_bf16(device) ? "bf16" : "fp32"));
  if (config.settings.is_automatic("threads"))
    config.set("threads",
               std::max<std::int64_t>(1, static_cast<std::int64_t>(available_cores()) / place.local_size));
}

Json fit_schema() {
  Json schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
              {"title", "Configuration of a training run of hgn-fit"},
              {"oneOf", Json::array()}};
  for (const auto& model : model::models()) {
    Json variant = object_schema(model::training_fields(model));
    variant["title"] = model.name + ": " + model.summary;
    variant["properties"]["model"] = {{"const", model.name}};
    schema["oneOf"].push_back(std::move(variant));
  }
  return schema;
}

namespace {

// Every row of the models' tables once, under the names of the models that have it.
struct FieldGroup {
  std::vector<std::string> models;
  std::string rows;
};

std::vector<FieldGroup> field_groups() {
  std::vector<std::pair<std::string, std::vector<std::string>>> rows;  // in the order of their first model
  for (const auto& model : model::models())
    for (const auto& field : model::training_fields(model)) {
      const std::string row = table_row(field);
      auto found = std::ranges::find(rows, row, &std::pair<std::string, std::vector<std::string>>::first);
      if (found == rows.end()) found = rows.insert(rows.end(), {row, {}});
      found->second.push_back(model.name);
    }
  std::vector<FieldGroup> groups;
  for (const auto& [row, models] : rows) {
    auto found = std::ranges::find(groups, models, &FieldGroup::models);
    if (found == groups.end()) found = groups.insert(groups.end(), {models, ""});
    found->rows += row;
  }
  std::ranges::stable_sort(groups, std::greater(),
                           [](const FieldGroup& group) { return group.models.size(); });
  return groups;
}

}  // namespace

std::string fit_reference() {
  std::string page =
      "# Training configuration\n\nGenerated by `hgn-fit reference config`. Every field can be given in a "
      "JSON file (`--config`) as nested objects or on the command line (`--set path=value`); a preset "
      "(`--preset`) sets several. What the paper has, where preset `paper` differs "
      "from the defaults, and why: [docs/paper.md](paper.md).\n\n## Presets\n\n| preset | what for "
      "|\n|---|---|\n";
  for (const Preset& preset : presets()) page += "| `" + preset.name + "` | " + preset.summary + " |\n";
  page += "\n## Models\n\n| `--model` | what it is | source |\n|---|---|---|\n";
  for (const auto& model : model::models())
    page += "| `" + model.name + "` | " + model.summary + " | " + model.reference + " |\n";
  page += "\nEach field stands once, under the models that have it.\n";
  for (const FieldGroup& group : field_groups()) {
    std::string names;
    for (const std::string& name : group.models) names += (names.empty() ? "" : ", ") + name;
    const bool is_of_all = group.models.size() == model::models().size();
    page += "\n## " + (is_of_all ? "All models" : names) + "\n\n" + table_head + group.rows;
  }
  return page;
}

}  // namespace hamgen::apps
