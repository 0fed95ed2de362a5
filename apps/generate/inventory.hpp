// What there is of a dataset in a directory, and what is missing: the common ground of resuming, finishing
// and repairing.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "apps/generate/planned_shards.hpp"

namespace hamgen::apps {

// Which planned shards are there: by record and hash of all bytes, never by name or time.
struct Inventory {
  std::vector<dataset::ShardRecord> finished;
  std::vector<PlannedShard> missing;
  std::vector<std::string> reasons;  // of each missing one: "train/shard-00003.h5: ..."
  // Of missing shards, where a sound record of it is left: what their content was.
  std::map<std::string, std::string> contents;
};
// `known` is a manifest that counts like the records, or null. Shards are read on all of oneTBB's threads.
// Throws Interrupted; dataset::FileError for a shard that is there and cannot be read.
Inventory take_inventory(const std::filesystem::path& dataset, const std::string& plan_id,
                         const std::vector<PlannedShard>& shards, const dataset::Manifest* known);

// Writes the records of finished shards where they are missing or broken, and names those in `found`. Throws
// dataset::FileError.
void restore_records(const std::filesystem::path& dataset, const Inventory& inventory,
                     const std::string& plan_id, std::vector<std::string>& found);

// Throws dataset::ShardError for a shard that was made again and is not what it was before, or where nobody
// can tell and another build made the rest.
void require_equal(const dataset::ShardRecord& rebuilt, const Inventory& inventory,
                   const dataset::Plan& plan);

}  // namespace hamgen::apps
