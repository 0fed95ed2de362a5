// Field descriptors and JSON: values from a configuration file and the command line, and every view of the
// descriptors (JSON, JSON Schema, rows of a reference page). Serves every program alike.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "apps/shell/json_text.hpp"
#include "schemas/field.hpp"

namespace hamgen::apps {

// "path=value" pairs, values as JSON or bare text.
using Assignments = std::vector<std::pair<std::string, std::string>>;

// For error messages: whose fields these are (" for system pendulum", or nothing), and the command that lists
// them.
struct Hint {
  std::string owner, listing;
};

// Sets every value that the nested objects of `json` hold. Throws schemas::FieldError that names the JSON
// path, the value and what is allowed.
void apply(const Json& json, const std::vector<schemas::Field>& fields, schemas::Settings& settings,
           const Hint& hint);
// Whether the nested objects of `json` hold a value of this field.
bool contains(const Json& json, const schemas::Field& field);
// Nested objects, every field.
Json to_json(const std::vector<schemas::Field>& fields, const schemas::Settings& settings);

// Lays `over` upon `json`, object by object; unlike a JSON merge patch, null is a value.
void merge(Json& json, const Json& over);
// Sets fields of `json` by dotted path, creating objects on the way.
void assign(Json& json, const Assignments& assignments);

// A closed JSON Schema: nothing but these fields, and each of their sections closed likewise.
Json object_schema(const std::vector<schemas::Field>& fields);
// The head and a row of a reference page's table (Markdown).
extern const char* const table_head;
std::string table_row(const schemas::Field& field);

}  // namespace hamgen::apps
