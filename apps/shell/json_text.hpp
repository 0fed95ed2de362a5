// Text becomes JSON: configurations that people write, from a file, a pipe or the command line.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace hamgen::apps {

using Json = nlohmann::ordered_json;

// JSON that is not nested deeper than any configuration, for deeper values would be handled recursively, and
// that says nothing twice, for only the last would count. Throws schemas::FieldError that names the place: line
// and column, or the key.
Json parse_json(std::string_view text);

// The same of a file or a pipe; "-": of stdin. Throws schemas::FieldError that names it.
Json read_json(const std::filesystem::path& file);

}  // namespace hamgen::apps
