// hamgen repair: what is missing or broken in a dataset is made again, and nothing else.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace hamgen::apps {

// From the configuration in manifest.json or plan.json, whichever is sound. A shard whose content is known
// from the manifest or its record is only replaced by one of equal content. Throws dataset::ManifestError,
// dataset::ClaimError, dataset::ShardError where content would differ, and what generate() throws. Returns
// what was missing or broken, one line each.
std::vector<std::string> repair(const std::filesystem::path& dataset, unsigned threads, bool quiet);

}  // namespace hamgen::apps
