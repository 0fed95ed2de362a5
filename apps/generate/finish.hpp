// The end of a dataset: indices over its shards, yardsticks, manifest. All of it is a function of the plan
// and the shards' records, so it can be made anew, and compared, at any time.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "apps/generate/shard_builder.hpp"
#include "dataset/shards/hdf5.hpp"

namespace hamgen::apps {

struct Finished {
  dataset::Manifest manifest;
  bool has_changed = false;  // whether any file had to be written
};

// Writes the indices and, last, the manifest; what is there already stays as it is. `records`: all shards, in
// any order. `known`: a sound manifest of the same plan, whose yardsticks need not be measured again, or
// null. Throws dataset::FileError, dataset::Hdf5Error, Interrupted.
Finished write_finish(const Making& making, std::vector<dataset::ShardRecord> records,
                      const dataset::Manifest* known);

// The manifest, without yardsticks, that these shards give; and the bytes of its indices, by file name, into
// `indices`.
dataset::Manifest describe(const Making& making, std::vector<dataset::ShardRecord> records,
                           std::map<std::string, dataset::hdf5::MemoryFile>& indices);

}  // namespace hamgen::apps
