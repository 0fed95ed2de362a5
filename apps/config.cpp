#include "apps/config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <numeric>

#include "dataset/deflate.hpp"
#include "render/frame_renderer.hpp"
#include "simulators/trajectory.hpp"

namespace hamgen::apps {
namespace {

using schemas::Field;
using schemas::FieldError;
using schemas::Value;

std::vector<Field> dataset_fields() {
  using namespace schemas;
  constexpr double most = 1e9;
  return {
      integer("n", 1000, "trajectory", "trajectories of the train split").at_least(1).at_most(most),
      integer("n_test", 0, "trajectory", "trajectories of the test split; null: n / 5")
          .at_least(0)
          .at_most(most)
          .or_automatic(),
      integer("seed", 0, "", "seed of every random number").at_least(0),
      integer("shard_size", 500, "trajectory", "trajectories of a shard").at_least(1).at_most(most),
      integer("compression", 1, "", "deflate level of the frames, from fastest to densest")
          .at_least(dataset::fastest_compression)
          .at_most(dataset::densest_compression),
  };
}

std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitute = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitute});
    }
  }
  return row.back();
}

bool is_section(const std::vector<Field>& fields, const std::string& path) {
  return std::ranges::any_of(fields, [&](const Field& field) { return field.path.starts_with(path + "."); });
}

const Field& find_field(const std::vector<Field>& fields, const std::string& path,
                        const std::string& system) {
  const auto found = std::ranges::find(fields, path, &Field::path);
  if (found != fields.end()) return *found;
  const std::string where = " (hamgen --system " + system + " --print-config lists all)";
  if (is_section(fields, path))
    throw FieldError("\"" + path + "\" is a section: expected an object of its fields" + where);
  const auto distance = [&](const Field& field) { return edit_distance(field.path, path); };
  const auto nearest = std::ranges::min_element(fields, {}, distance);
  const bool is_near = distance(*nearest) <= 1 + path.size() / 3;
  throw FieldError("unknown key \"" + path + "\" for system " + system +
                   (is_near ? ": did you mean \"" + nearest->path + "\"?" : "") + where);
}

// JSON to a value of the field's kind; anything else is left for Field::checked to refuse.
Value value_from_json(const Field& field, const Json& json) {
  const auto refuse = [&]() -> Value {
    throw FieldError(field.path + " = " + json.dump() + " is not allowed: expected " + field.allowed());
  };
  if (json.is_null()) return std::monostate{};
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number_unsigned() && json.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max())
    return refuse();
  if (json.is_number_integer()) return json.get<std::int64_t>();
  if (json.is_number()) {
    const auto number = json.get<double>();  // 1e3 is an integer, too
    if (field.kind == schemas::Kind::integer && std::trunc(number) == number && std::abs(number) < 1e15)
      return static_cast<std::int64_t>(number);
    return number;
  }
  if (json.is_string()) return json.get<std::string>();
  if (json.is_array()) {
    const bool numbers = std::ranges::all_of(json, [](const Json& item) { return item.is_number(); });
    const bool texts = std::ranges::all_of(json, [](const Json& item) { return item.is_string(); });
    if (field.kind == schemas::Kind::reals && numbers) return json.get<std::vector<double>>();
    if (field.kind == schemas::Kind::texts && texts) return json.get<std::vector<std::string>>();
  }
  return refuse();
}

Json json_from_value(const Value& value) {
  return std::visit(
      [](const auto& x) -> Json {
        if constexpr (std::is_same_v<std::decay_t<decltype(x)>, std::monostate>)
          return nullptr;
        else
          return x;
      },
      value);
}

Json::json_pointer pointer_to(const std::string& path) {
  std::string text = "/" + path;
  std::ranges::replace(text, '.', '/');
  return Json::json_pointer(text);
}

// Objects are sections, everything else is a field.
void apply(const Json& json, const std::string& prefix, Config& config) {
  for (const auto& [key, value] : json.items()) {
    const std::string path = prefix.empty() ? key : prefix + "." + key;
    if (path == "system") continue;
    const bool is_field = std::ranges::find(config.fields, path, &Field::path) != config.fields.end();
    if (value.is_object() && !is_field && (!value.empty() || is_section(config.fields, path))) {
      apply(value, path, config);
      continue;
    }
    const Field& field = find_field(config.fields, path, config.system->name);
    config.settings.set(field, value_from_json(field, value));
  }
}

// Limits that no single field can state.
void check_together(const Config& config) {
  const auto frames = static_cast<double>(config.settings.integer("steps") + 1);
  const auto size = static_cast<double>(config.settings.integer("image.size"));
  constexpr double most = 1 << 30;
  if (frames * size * size * 3 > most)
    throw FieldError(fmt::format(
        "steps = {} with image.size = {} is not allowed: one trajectory's frames would take {:.1f} "
        "GB, and at most 1 GB is possible",
        frames - 1, size, frames * size * size * 3 / most));
}

Json type_schema(const Field& field) {
  const auto bounded = [&](Json schema) {
    if (std::isfinite(field.minimum))
      schema[field.minimum_is_open ? "exclusiveMinimum" : "minimum"] = field.minimum;
    if (std::isfinite(field.maximum)) schema["maximum"] = field.maximum;
    if (field.multiple_of > 1) schema["multipleOf"] = field.multiple_of;
    return schema;
  };
  const auto worded = [&](Json schema) {
    if (field.is_color) schema["pattern"] = "^#[0-9a-fA-F]{6}$";
    if (!field.choices.empty()) schema["enum"] = field.choices;
    return schema;
  };
  const auto list = [&](Json items) {
    Json schema{{"type", "array"}, {"items", std::move(items)}, {"minItems", field.min_items}};
    if (field.max_items < 1'000'000) schema["maxItems"] = field.max_items;
    return schema;
  };
  switch (field.kind) {
    case schemas::Kind::boolean:
      return {{"type", "boolean"}};
    case schemas::Kind::integer:
      return bounded({{"type", "integer"}});
    case schemas::Kind::real:
      return bounded({{"type", "number"}});
    case schemas::Kind::text:
      return worded({{"type", "string"}});
    case schemas::Kind::reals:
      return list(bounded({{"type", "number"}}));
    case schemas::Kind::texts:
      return list(worded({{"type", "string"}}));
  }
  return {};
}

Json field_schema(const Field& field) {
  Json schema = type_schema(field);
  if (field.nullable) schema["type"] = Json::array({schema["type"], "null"});
  schema["default"] = json_from_value(field.fallback);
  schema["description"] = field.help + (field.unit.empty() ? "" : " [" + field.unit + "]");
  return schema;
}

// A closed object schema: nothing but these fields, and each of its sections closed likewise.
Json object_schema(const std::vector<Field>& fields) {
  const Json closed{{"type", "object"}, {"additionalProperties", false}, {"properties", Json::object()}};
  Json schema = closed;
  for (const Field& field : fields) {
    Json* place = &schema;
    std::string rest = field.path;
    for (auto dot = rest.find('.'); dot != std::string::npos; dot = rest.find('.')) {
      Json& section = (*place)["properties"][rest.substr(0, dot)];
      if (section.is_null()) section = closed;
      place = &section;
      rest = rest.substr(dot + 1);
    }
    (*place)["properties"][rest] = field_schema(field);
  }
  return schema;
}

std::string table_row(const Field& field) {
  std::string help = field.help;
  for (auto at = help.find('|'); at != std::string::npos; at = help.find('|', at + 2))
    help.replace(at, 1, "\\|");
  return "| `" + field.path + "` | `" + schemas::to_text(field.fallback) + "` | " + field.unit + " | " +
         field.allowed() + " | " + help + " |\n";
}

}  // namespace

std::vector<Field> fields_of(const simulators::SystemDescriptor& system) {
  std::vector<Field> fields = dataset_fields();
  for (auto& group : {system.fields, simulators::Simulation::fields(), render::Canvas::fields(),
                      simulators::Look::fields()})
    fields.insert(fields.end(), group.begin(), group.end());
  for (const auto& [path, value] : system.defaults) {
    const auto field = std::ranges::find(fields, path, &Field::path);
    if (field == fields.end())
      throw std::logic_error(system.name + " sets a default of unknown field " + path);
    field->fallback = field->checked(value);
  }
  return fields;
}

std::int64_t Config::test_size() const {
  return settings.is_automatic("n_test") ? train_size() / 5 : settings.integer("n_test");
}

Config default_config(const std::string& system) {
  Config config;
  config.system = &simulators::find_system(system);
  config.fields = fields_of(*config.system);
  config.settings = schemas::Settings(config.fields);
  return config;
}

Config config_from_json(const Json& json) {
  if (!json.is_object()) throw FieldError("the configuration is not a JSON object");
  const auto system = json.find("system");
  if (system == json.end())
    throw FieldError("no system is chosen: give --system NAME (hamgen systems lists them)");
  if (!system->is_string())
    throw FieldError("system = " + system->dump() + " is not allowed: expected a name");
  Config config = default_config(system->get<std::string>());
  apply(json, "", config);
  check_together(config);
  return config;
}

Json read_json(const std::filesystem::path& file) {
  std::ifstream stream(file);
  if (!stream || !std::filesystem::is_regular_file(file))
    throw FieldError("cannot read the configuration file " + file.string());
  try {
    return Json::parse(stream);
  } catch (const Json::parse_error& error) {
    throw FieldError(fmt::format("{} is not valid JSON (at byte {})", file.string(), error.byte));
  }
}

void assign(Json& json, const Assignments& assignments) {
  for (const auto& [path, text] : assignments) {
    Json value = Json::parse(text, nullptr, false);
    if (value.is_discarded()) value = text;
    try {
      json[pointer_to(path)] = std::move(value);
    } catch (const Json::exception&) {
      throw FieldError("cannot set \"" + path + "\": it is not a path like section.key");
    }
  }
}

Json to_json(const Config& config) {
  Json json{{"system", config.system->name}};
  for (const Field& field : config.fields)
    json[pointer_to(field.path)] = json_from_value(config.settings.at(field.path));
  json["n_test"] = config.test_size();
  return json;
}

Json json_schema() {
  Json schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
              {"title", "Configuration of a hamgen dataset"},
              {"oneOf", Json::array()}};
  for (const auto& system : simulators::systems()) {
    Json variant = object_schema(fields_of(system));
    variant["title"] = system.name + ": " + system.hamiltonian;
    variant["properties"]["system"] = {{"const", system.name}};
    variant["required"] = {"system"};
    schema["oneOf"].push_back(std::move(variant));
  }
  return schema;
}

std::string config_reference() {
  const std::string head = "| field | default | unit | allowed | meaning |\n|---|---|---|---|---|\n";
  std::string page =
      "# Configuration reference\n\nGenerated by `hamgen reference config`. Every field can be given in a "
      "JSON file "
      "(`--config`) as nested objects or on the command line (`--set path=value`).\n\n## All systems\n\n" +
      head;
  const auto is_common = [](const Field& field) {
    return std::ranges::all_of(simulators::systems(), [&](const auto& system) {
      return std::ranges::find(system.fields, field.path, &Field::path) == system.fields.end();
    });
  };
  const auto& systems = simulators::systems();
  for (const Field& field : fields_of(systems.front()))
    if (is_common(field)) page += table_row(field);
  for (const auto& system : systems) {
    page += "\n## " + system.name + "\n\n" + system.summary + " (" + system.reference + ")\n\n    " +
            system.hamiltonian + "\n\n" + head;
    for (const Field& field : fields_of(system)) {
      const bool has_own_default =
          std::ranges::any_of(system.defaults, [&](const auto& d) { return d.first == field.path; });
      if (!is_common(field) || has_own_default) page += table_row(field);
    }
  }
  return page;
}

}  // namespace hamgen::apps
