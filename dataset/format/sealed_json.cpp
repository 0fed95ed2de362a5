#include "dataset/format/sealed_json.hpp"

#include <cmath>

#include "dataset/files/file.hpp"
#include "dataset/files/sha256.hpp"
#include "dataset/format/layout.hpp"

namespace hamgen::dataset {
namespace {

constexpr std::string_view before = "\"checksum\": \"", after = "\"\n}\n";
constexpr std::size_t digits = 64;

// JSON within the depth that this project's files have: the library handles deeper values recursively.
Json parse_object(std::string_view text) {
  constexpr int deepest = 32;
  const Json json = Json::parse(text, [](int depth, Json::parse_event_t, const Json&) {
    if (depth > deepest) throw ManifestError("it is nested too deeply");
    return true;
  });
  if (!json.is_object()) throw ManifestError("it is not a JSON object");
  return json;
}

void require_schema_version(const Json& json) {
  if (const std::uint64_t version = whole_number(json.at("schema_version")); version != schema_version)
    throw ManifestError("schema version " + std::to_string(version) + " is not supported: expected " +
                        std::to_string(schema_version));
}

}  // namespace

std::string seal(const Json& object) {
  Json complete = object;
  complete.erase("checksum");
  complete["checksum"] = std::string(digits, '0');
  std::string text = complete.dump(2) + "\n";
  const std::size_t place = text.size() - after.size() - digits;
  return text.replace(place, digits, sha256(std::as_bytes(std::span(text).first(place))));
}

std::string checksum_of(std::string_view text) {
  const ManifestError none("it does not end with a checksum: it is damaged, or of another version");
  if (text.size() < before.size() + digits + after.size() || !text.ends_with(after)) throw none;
  const std::size_t place = text.size() - after.size() - digits;
  std::string checksum(text.substr(place, digits));
  if (!text.substr(0, place).ends_with(before) || !is_sha256(checksum)) throw none;
  return checksum;
}

Json unseal(std::string_view text) {
  const std::string checksum = checksum_of(text);
  if (sha256(std::as_bytes(std::span(text).first(text.size() - after.size() - digits))) != checksum)
    throw ManifestError("its checksum is wrong: it is damaged");
  try {
    return parse_object(text);
  } catch (const Json::exception& error) {
    throw ManifestError(error.what());
  }
}

void read_sealed(const std::filesystem::path& root, const std::string& relative, std::uint64_t most_bytes,
                 const std::function<void(const Json&)>& parse) {
  const std::string text = read_text(root, relative, most_bytes);
  try {
    const Json json = unseal(text);
    require_schema_version(json);
    parse(json);
  } catch (const std::runtime_error& error) {
    throw ManifestError("cannot understand " + (root / relative).string() + ": " + error.what());
  } catch (const Json::exception& error) {
    throw ManifestError("cannot understand " + (root / relative).string() + ": " + error.what());
  }
}

Json number(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

std::uint64_t whole_number(const Json& json) {
  if (json.is_number_unsigned()) return json.get<std::uint64_t>();
  if (json.is_number_integer() && json.get<std::int64_t>() >= 0) return json.get<std::uint64_t>();
  throw ManifestError(json.dump() + " is not a whole number from 0 up");
}

}  // namespace hamgen::dataset
