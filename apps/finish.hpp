// The end of a dataset: indices over its shards, yardsticks, manifest. All of it is a function of the plan
// and the shards' records, so it can be made anew at any time.
#pragma once

#include <filesystem>

#include "apps/planned_shards.hpp"

namespace hamgen::apps {

// The dataset that is being finished.
struct Finishing {
  const Config& config;
  const simulators::Simulation& simulation;
  const dataset::Plan& plan;
  std::filesystem::path out;
  bool quiet = false;
};

// Writes the indices and, last, the manifest; what is there already stays as it is. `records`: all shards, in
// any order. `known`: a sound manifest of the same plan, whose yardsticks need not be measured again, or
// null. Throws dataset::FileError, dataset::Hdf5Error, Interrupted.
dataset::Manifest write_finish(const Finishing& finishing, std::vector<dataset::ShardRecord> records,
                               const dataset::Manifest* known);

}  // namespace hamgen::apps
