// plan.json: what a directory was begun for, before any shard is there. Everything in the directory follows
// from it; it is written once and never replaced.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "dataset/format/sealed_json.hpp"

namespace hamgen::dataset {

// The program that makes a dataset.
struct Generator {
  std::string version, git_commit;
  bool operator==(const Generator&) const = default;
};
Json to_json(const Generator& generator);
Generator generator_from_json(const Json& json);

struct Plan {
  Generator generator;
  Json config;     // everything that defines the dataset
  std::string id;  // the checksum of plan.json: the name of exactly this configuration and program
};

inline constexpr const char* plan_name = "plan.json";

Plan make_plan(Generator generator, Json config);
std::string plan_text(const Plan& plan);  // of plan.json
// Throws FileError; ManifestError for a file that is damaged or of another version.
Plan read_plan(const std::filesystem::path& dataset);

// "noise.std: 0.1 there, 0.2 here" for every path at which two configurations differ.
std::vector<std::string> differences(const Json& there, const Json& here);

}  // namespace hamgen::dataset
