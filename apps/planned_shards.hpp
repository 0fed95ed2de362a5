// A configuration's shards before they are made: which there are, and what they have in common.
#pragma once

#include <array>
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
// Root attributes, axes and labels of the shards of a split. The generator that they name is the one that
// the dataset was begun with.
dataset::SplitHeader split_header(const Config& config, const simulators::Simulation& simulation,
                                  const dataset::Generator& generator, simulators::Split split);
// Frames, rows, columns and channels of a trajectory.
std::array<std::uint64_t, 4> frame_shape(const Config& config, const simulators::Simulation& simulation);
dataset::Generator this_generator();

// The configuration that a directory was begun with, as this program understands it. Throws
// schemas::FieldError, and dataset::ManifestError where this program would understand it differently.
Config config_of(const std::filesystem::path& dataset, const dataset::Plan& plan);

// Items of an error message, in one line, the first `most` of them.
std::string listed(const std::vector<std::string>& items, std::size_t most);

}  // namespace hamgen::apps
