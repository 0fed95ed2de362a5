#include "apps/shell/json_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iostream>
#include <set>
#include <vector>

#include "schemas/field.hpp"

namespace hamgen::apps {
namespace {

using schemas::FieldError;

constexpr std::size_t deepest = 32;          // levels
constexpr std::size_t largest = 16'000'000;  // bytes: no configuration, but perhaps a device without an end

// What the parser is inside of, level by level, and which keys it has met there.
class Watch {
 public:
  void see(Json::parse_event_t event, const Json& item) {
    using enum Json::parse_event_t;
    if (event == object_start || event == array_start) {
      if (levels_.size() > deepest) throw FieldError("the JSON is nested too deeply");
      levels_.emplace_back();
    } else if (event == object_end || event == array_end) {
      levels_.pop_back();
    } else if (event == key) {
      enter(item.get<std::string>());
    }
  }

 private:
  struct Level {
    std::string key;  // the last one
    std::set<std::string> keys;
  };

  void enter(std::string key) {
    Level& here = levels_.back();
    const bool is_new = here.keys.insert(key).second;
    here.key = std::move(key);
    if (is_new) return;
    std::string path;
    for (const Level& level : levels_)
      if (!level.key.empty()) path += (path.empty() ? "" : ".") + level.key;
    throw FieldError("\"" + path + "\" is there twice");
  }

  std::vector<Level> levels_;
};

// The place of the `bytes`-th byte as editors count: characters of UTF-8, from 1.
std::string place_of(std::string_view text, std::size_t bytes) {
  const auto before = text.substr(0, std::min(bytes == 0 ? 0 : bytes - 1, text.size()));
  const auto line_start = before.rfind('\n') + 1;  // 0 where there is none
  const auto starts_character = [](char byte) { return (byte & 0xC0) != 0x80; };
  return fmt::format("line {}, column {}", 1 + std::ranges::count(before, '\n'),
                     1 + std::ranges::count_if(before.substr(line_start), starts_character));
}

// "steps: 30", or "---": what no JSON begins with.
bool looks_like_yaml(std::string_view text) {
  for (std::string_view line; !text.empty();) {
    line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.starts_with("---") || line.starts_with("%YAML")) return true;
    const auto first = line.find_first_not_of(" \t\r");
    if (first == line.npos || line[first] == '#') continue;
    const auto is_of_key = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
    const auto* const end = std::find_if_not(line.begin() + first, line.end(), is_of_key);
    return end != line.begin() + first && end != line.end() && *end == ':';
  }
  return false;
}

// Everything that there is to read, within reason.
std::string read_all(std::istream& stream) {
  std::string text;
  char block[1 << 16];
  while (stream.read(block, sizeof block), stream.gcount() > 0) {
    text.append(block, static_cast<std::size_t>(stream.gcount()));
    if (text.size() > largest) throw FieldError("it is larger than any configuration");
  }
  return text;
}

}  // namespace

Json parse_json(std::string_view text) {
  Watch watch;
  try {
    return Json::parse(text, [&](int, Json::parse_event_t event, const Json& value) {
      watch.see(event, value);
      return true;
    });
  } catch (const Json::parse_error& error) {
    if (text.find_first_not_of(" \t\r\n") == text.npos) throw FieldError("it is empty");
    if (looks_like_yaml(text)) throw FieldError("it looks like YAML: expected JSON");
    throw FieldError("it is not valid JSON (" + place_of(text, error.byte) + ")");
  } catch (const Json::out_of_range&) {
    throw FieldError("a number in it is too large for any computer");
  }
}

Json read_json(const std::filesystem::path& file) {
  const bool is_stdin = file == "-";
  const std::string name = is_stdin ? "stdin" : file.string();
  std::ifstream opened;
  if (!is_stdin) opened.open(file);
  if (!is_stdin && (!opened || std::filesystem::is_directory(file)))
    throw FieldError("cannot read the configuration file " + name);
  try {
    return parse_json(read_all(is_stdin ? std::cin : opened));
  } catch (const FieldError& error) {
    throw FieldError("cannot understand " + name + ": " + error.what());
  }
}

}  // namespace hamgen::apps
