#include "apps/shell/field_json.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "schemas/names.hpp"

namespace hamgen::apps {
namespace {

using schemas::Field;
using schemas::FieldError;
using schemas::Value;

bool is_section(const std::vector<Field>& fields, const std::string& path) {
  return std::ranges::any_of(fields, [&](const Field& field) { return field.path.starts_with(path + "."); });
}

const Field& find_field(const std::vector<Field>& fields, const std::string& path, const Hint& hint) {
  const auto found = std::ranges::find(fields, path, &Field::path);
  if (found != fields.end()) return *found;
  const std::string where = " (" + hint.listing + " lists all)";
  if (is_section(fields, path))
    throw FieldError("\"" + path + "\" is a section: expected an object of its fields" + where);
  std::vector<std::string_view> known;
  for (const Field& field : fields) known.push_back(field.path);
  const auto nearest = schemas::nearest_path(path, known);
  throw FieldError("unknown key \"" + path + "\"" + hint.owner +
                   (nearest ? ": did you mean \"" + std::string(*nearest) + "\"?" : "") + where);
}

// JSON to a value of the field's kind; anything else is left for Field::checked to refuse.
Value value_from_json(const Field& field, const Json& json) {
  const auto refuse = [&json](const Field& of) -> Value {
    // Bytes of the command line need not be UTF-8.
    const std::string shown = json.dump(-1, ' ', false, Json::error_handler_t::replace);
    throw FieldError(of.path + " = " + shown + " is not allowed: expected " + of.allowed());
  };
  if (json.is_null()) return std::monostate{};
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number_unsigned() && json.get<std::uint64_t>() > schemas::largest_integer) {
    if (field.kind != schemas::Kind::integer) return json.get<double>();
    Field bounded = field;
    bounded.maximum = std::min(bounded.maximum, static_cast<double>(schemas::largest_integer));
    return refuse(bounded);
  }
  if (json.is_number_integer()) return json.get<std::int64_t>();
  if (json.is_number()) {
    const auto number = json.get<double>();  // 1e3 is an integer, too
    if (field.kind == schemas::Kind::integer && std::trunc(number) == number && std::abs(number) < 0x1p63)
      return static_cast<std::int64_t>(number);
    return number;
  }
  if (json.is_string() && field.kind == schemas::Kind::texts)
    return std::vector<std::string>{json.get<std::string>()};  // one text is a list of one
  if (json.is_string()) return json.get<std::string>();
  if (json.is_array()) {
    const bool numbers = std::ranges::all_of(json, [](const Json& item) { return item.is_number(); });
    const bool texts = std::ranges::all_of(json, [](const Json& item) { return item.is_string(); });
    if (field.kind == schemas::Kind::reals && numbers) return json.get<std::vector<double>>();
    if (field.kind == schemas::Kind::texts && texts) return json.get<std::vector<std::string>>();
  }
  return refuse(field);
}

Json json_from_value(const Field& field, const Value& value) {
  if (const auto* numbers = std::get_if<std::vector<double>>(&value); numbers != nullptr && field.is_whole)
    return std::vector<std::int64_t>(numbers->begin(), numbers->end());
  if (const auto* numbers = std::get_if<std::vector<double>>(&value);
      numbers != nullptr && field.is_spread && numbers->size() == 1)
    return numbers->front();
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
void apply_below(const Json& json, const std::string& prefix, const std::vector<Field>& fields,
                 schemas::Settings& settings, const Hint& hint) {
  for (const auto& [key, value] : json.items()) {
    const std::string path = prefix.empty() ? key : prefix + "." + key;
    const bool is_field = std::ranges::find(fields, path, &Field::path) != fields.end();
    if (value.is_object() && !is_field && (!value.empty() || is_section(fields, path))) {
      apply_below(value, path, fields, settings, hint);
      continue;
    }
    const Field& field = find_field(fields, path, hint);
    settings.set(field, value_from_json(field, value));
  }
}

Json type_schema(const Field& field) {
  const auto bounded = [&](Json schema) {
    if (std::isfinite(field.minimum))
      schema[field.minimum_is_open ? "exclusiveMinimum" : "minimum"] = field.minimum;
    if (field.kind == schemas::Kind::integer && field.maximum >= 0x1p63)  // none of its own, or this one
      schema["maximum"] = schemas::largest_integer;
    else if (std::isfinite(field.maximum))
      schema["maximum"] = field.maximum;
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
      if (field.is_spread) {
        const Json number = bounded({{"type", "number"}});
        Json pair = list(number);
        pair["minItems"] = 2;
        return {{"anyOf", Json::array({number, pair})}};
      }
      return list(bounded({{"type", field.is_whole ? "integer" : "number"}}));
    case schemas::Kind::texts:
      return list(worded({{"type", "string"}}));
  }
  return {};
}

Json field_schema(const Field& field) {
  Json schema = type_schema(field);
  if (field.nullable) schema["type"] = Json::array({schema["type"], "null"});
  schema["default"] = json_from_value(field, field.fallback);
  schema["description"] = field.help + (field.unit.empty() ? "" : " [" + field.unit + "]");
  return schema;
}

}  // namespace

void apply(const Json& json, const std::vector<Field>& fields, schemas::Settings& settings,
           const Hint& hint) {
  if (!json.is_object()) throw FieldError("the configuration is not a JSON object");
  apply_below(json, "", fields, settings, hint);
}

bool contains(const Json& json, const Field& field) {
  return json.contains(pointer_to(field.path));
}

Json to_json(const std::vector<Field>& fields, const schemas::Settings& settings) {
  Json json = Json::object();
  for (const Field& field : fields)
    json[pointer_to(field.path)] = json_from_value(field, settings.at(field.path));
  return json;
}

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

const char* const table_head = "| field | default | unit | allowed | meaning |\n|---|---|---|---|---|\n";

std::string table_row(const Field& field) {
  std::string help = field.help;
  for (auto at = help.find('|'); at != std::string::npos; at = help.find('|', at + 2))
    help.replace(at, 1, "\\|");
  return "| `" + field.path + "` | `" + field.shown(field.fallback) + "` | " + field.unit + " | " +
         field.allowed() + " | " + help + " |\n";
}

void merge(Json& json, const Json& over) {
  if (!json.is_object() || !over.is_object()) {
    json = over;
    return;
  }
  for (const auto& [key, value] : over.items()) merge(json[key], value);
}

void assign(Json& json, const Assignments& assignments) {
  for (const auto& [path, text] : assignments) {
    Json value = text;  // bare text, where it is no JSON
    if (Json::accept(text)) value = parse_json(text);
    try {
      json[pointer_to(path)] = std::move(value);
    } catch (const Json::exception&) {
      throw FieldError("cannot set \"" + path + "\": it is not a path like section.key");
    }
  }
}

}  // namespace hamgen::apps
