// A configuration becomes a dataset directory.
//
//   ids -> [ Producer, in parallel ] -> ShardWriter, in order -> commit in the background -> index ->
//   manifest
//
// The bytes of every file follow from the configuration alone, whatever the number of threads.
#pragma once

#include <filesystem>

#include "apps/config.hpp"
#include "apps/producer.hpp"
#include "dataset/manifest.hpp"

namespace hamgen::apps {

struct GenerateOptions {
  std::filesystem::path out;
  unsigned threads = 1;
  bool force = false;  // replace a dataset that is there
  bool quiet = false;
};

// Refuses an `out` that exists and is not empty, unless forced; then only files of a dataset are removed.
// Creates it. Throws dataset::FileError.
void prepare_directory(const std::filesystem::path& out, bool force);

// Throws simulators::TrajectoryFailure, dataset::FileError, dataset::Hdf5Error. No manifest is left then.
dataset::Manifest generate(const Config& config, const GenerateOptions& options);

// What shards of this configuration share.
dataset::SplitHeader split_header(const Config& config, const simulators::Simulation& simulation,
                                  simulators::Split split);

const char* split_name(simulators::Split split);

}  // namespace hamgen::apps
