// A configuration becomes a dataset directory, at once or in parts: whatever interrupts it, the same command
// goes on, and the directory ends up with the same bytes.
//
//   claim -> plan.json -> inventory -> shards and their records (shard_builder.hpp) -> indices ->
//   manifest.json
//
// The manifest is a function of plan and records; a directory without it is not a finished dataset.
#pragma once

#include <filesystem>

#include "apps/generate/planned_shards.hpp"

namespace hamgen::apps {

// Worker `index` of `count` makes the planned shards index, index + count, ...
struct WorkerShare {
  std::uint64_t index = 0, count = 1;
};

struct GenerateOptions {
  std::filesystem::path out;
  unsigned threads = 1;
  bool force = false;  // replace a dataset that is there
  bool quiet = false;
};

// Makes what is missing of the dataset; finished shards stay. Throws Interrupted, dataset::ClaimError,
// dataset::ManifestError, dataset::FileError, dataset::Hdf5Error, simulators::TrajectoryFailure; no manifest
// is there then, unless a complete one was.
dataset::Manifest generate(const Config& config, const GenerateOptions& options);

// Makes what is missing of a worker's share, beside other workers on the same directory, and no manifest.
// Returns how many shards the share has. Throws likewise.
std::size_t generate_share(const Config& config, const WorkerShare& share, const GenerateOptions& options);

// Indices and manifest of a directory whose shards are all there. Throws IncompleteDataset that names those
// that are not.
dataset::Manifest finish(const std::filesystem::path& dataset, unsigned threads, bool quiet);

class IncompleteDataset : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace hamgen::apps
