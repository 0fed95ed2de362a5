// A configuration's shards, before and after they are made: which there are, which of them are there, and
// what they have in common.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "apps/config.hpp"
#include "dataset/layout.hpp"
#include "dataset/manifest.hpp"
#include "simulators/trajectory.hpp"

namespace hamgen::apps {

const char* split_name(simulators::Split split);

struct PlannedShard {
  simulators::Split split = simulators::Split::train;
  std::uint64_t number = 0;          // within its split
  std::int64_t first = 0, last = 0;  // trajectories, inclusive

  std::string file() const { return dataset::shard_file_name(split_name(split), number); }
};

// All of them: the train split's, then the test split's.
std::vector<PlannedShard> planned_shards(const Config& config);
// What this program writes for the configuration.
dataset::Plan plan_of(const Config& config);
// Root attributes, axes and labels of the shards of a split.
dataset::SplitHeader split_header(const Config& config, const simulators::Simulation& simulation,
                                  simulators::Split split);

// The configuration that a directory was begun with. Throws schemas::FieldError, and dataset::ManifestError
// where this program would understand it differently.
Config config_of(const std::filesystem::path& dataset, const dataset::Plan& plan);

// Which planned shards are there: by record and hash of all bytes, never by name or time.
struct Inventory {
  std::vector<dataset::ShardRecord> finished;
  std::vector<PlannedShard> missing;
  std::vector<std::string> reasons;  // of each missing one: "train/shard-00003.h5: ..."
};
// `known` is a manifest that counts like the records, or null. Shards are read on all of oneTBB's threads.
Inventory take_inventory(const std::filesystem::path& dataset, const std::string& plan_id,
                         const std::vector<PlannedShard>& shards, const dataset::Manifest* known);

// Items of an error message, in one line, the first `most` of them.
std::string listed(const std::vector<std::string>& items, std::size_t most);

}  // namespace hamgen::apps
