// Planned shards become files: the parallel heart of hamgen.
//
//   ids -> [ Producer, in parallel ] -> ShardWriter, in order -> hash, commit, record in the background
//
// The bytes of every file follow from the configuration alone, whatever the number of threads.
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <vector>

#include "apps/planned_shards.hpp"

namespace hamgen::apps {

struct BuildOptions {
  std::filesystem::path out;
  std::string plan_id;
  unsigned threads = 1;
  bool quiet = false;
  // Called with each shard's record before anything is written; may throw to prevent that.
  std::function<void(const dataset::ShardRecord&)> inspect = [](const dataset::ShardRecord&) {};
};

// Builds these shards of one split, in order, and returns the records of those that are complete: all, or
// fewer where a signal asked to stop (stop_signal.hpp); the shard under way is dropped then. Throws
// simulators::TrajectoryFailure, dataset::FileError, dataset::Hdf5Error, and what `inspect` throws.
std::vector<dataset::ShardRecord> build_shards(const Config& config, const simulators::Simulation& simulation,
                                               std::span<const PlannedShard> shards,
                                               const BuildOptions& options);

// Builds what the inventory lacks into it, of both splits. Throws likewise; Interrupted where a signal came
// before the end.
void build_missing(Inventory& inventory, const Config& config, const simulators::Simulation& simulation,
                   const BuildOptions& options);

}  // namespace hamgen::apps
