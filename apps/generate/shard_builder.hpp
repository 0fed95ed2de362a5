// Planned shards become files: the parallel heart of hamgen.
//
//   ids -> [ Producer, in parallel ] -> ShardWriter, in order -> hash, commit, record in the background
//
// The bytes of every file follow from the configuration alone, whatever the number of threads.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "apps/generate/inventory.hpp"

namespace hamgen::apps {

// A dataset that is being made. What it refers to outlives it.
struct Making {
  const Config& config;
  const Simulations& simulations;
  const dataset::Plan& plan;
  std::filesystem::path out;
  unsigned threads = 1;
  bool quiet = false;
  bool any_redraws = false;  // however many starts are given up (redraws.hpp)
};

// Builds what the inventory lacks into it, and restores records that are missing or broken, which `found`
// names. Throws Interrupted where a signal came before the end (stop_signal.hpp): the shard under way is
// dropped then. Throws simulators::TrajectoryFailure, TooManyRedraws, dataset::FileError, dataset::Hdf5Error, and
// dataset::ShardError where a shard is not what it was before (require_equal).
void complete(const Making& making, Inventory& inventory, std::vector<std::string>& found);

}  // namespace hamgen::apps
