// A configuration's shards before they are made: which there are, and what they have in common.
#pragma once

#include <array>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "apps/generate/config.hpp"
#include "dataset/format/layout.hpp"
#include "dataset/format/manifest.hpp"
#include "simulators/trajectory.hpp"

namespace hamgen::apps {

struct PlannedShard {
  simulators::Split split = simulators::Split::train;
  std::uint64_t number = 0;          // within its split
  std::int64_t first = 0, last = 0;  // trajectories, inclusive

  std::string file() const { return dataset::shard_file_name(split_name(split), number); }
};

// All of them, split by split.
std::vector<PlannedShard> planned_shards(const Config& config);
// Of indices that need more files open than most processes may have; empty where there are none.
std::string note_on_indices(const Config& config);
// What this program writes for the configuration.
dataset::Plan plan_of(const Config& config);
// The simulation of each split.
class Simulations {
 public:
  // Throws schemas::FieldError where a split's settings contradict each other or the train split's.
  explicit Simulations(const Config& config);
  // Throws std::out_of_range where the split has no trajectories.
  const simulators::Simulation& of(simulators::Split split) const { return *simulations_.at(split); }
  const simulators::Simulation& train() const { return of(simulators::Split::train); }

 private:
  std::map<simulators::Split, std::unique_ptr<const simulators::Simulation>> simulations_;
};

// Root attributes, axes and labels of the shards of a split. The generator that they name is the one that
// the dataset was begun with.
dataset::SplitHeader split_header(const Config& config, const Simulations& simulations,
                                  const dataset::Plan& plan, simulators::Split split);
// Frames, rows, columns and channels of a trajectory.
std::array<std::uint64_t, 4> frame_shape(const Config& config, const simulators::Simulation& simulation);
dataset::Generator this_generator();

// The configuration that a directory was begun with, as this program understands it. Throws
// schemas::FieldError, and dataset::ManifestError where this program would understand it differently.
Config config_of(const std::filesystem::path& dataset, const dataset::Plan& plan);

// Items of an error message, in one line, the first `most` of them.
std::string listed(const std::vector<std::string>& items, std::size_t most);

}  // namespace hamgen::apps
