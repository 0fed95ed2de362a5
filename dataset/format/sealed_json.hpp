// JSON files that tell of their own damage: the last member is "checksum", the SHA-256 of every byte of the
// file before the checksum's own digits. After those come a quotation mark and the closing brace, nothing
// else. So no bit of the file can change unnoticed. plan.json, the shards' records and manifest.json are such
// files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

namespace hamgen::dataset {

using Json = nlohmann::ordered_json;

// plan.json, a record or manifest.json that is missing, damaged, of another version, or makes no sense. The
// message says which and in what way.
class ManifestError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

std::string seal(const Json& object);  // the text of the file
// The object, its checksum included. Throws ManifestError for a text that is damaged, is no JSON object, or
// is nested deeper than any file of this project.
Json unseal(std::string_view text);
// The checksum at the text's end, whether it is right or not. Throws ManifestError where there is none.
std::string checksum_of(std::string_view text);

// Reads a sealed file below `root`, of this schema version, and hands it to `parse`, whose exceptions become
// ManifestError with the file's name. Throws FileError where it cannot be read.
void read_sealed(const std::filesystem::path& root, const std::string& relative, std::uint64_t most_bytes,
                 const std::function<void(const Json&)>& parse);

// null where it is not finite: such numbers have no place in JSON.
Json number(double value);
// A whole number from 0 up; nothing is rounded or wraps around. Throws ManifestError.
std::uint64_t whole_number(const Json& json);

}  // namespace hamgen::dataset
