// hamgen verify: is a dataset what it was when it was finished, and is that right?
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "apps/generate/config.hpp"

namespace hamgen::apps {

// How many trajectories to simulate and render again.
struct SampleSize {
  double share = 0;         // of all, 0 to 1; or
  std::uint64_t count = 0;  // so many
};

struct VerifyOptions {
  bool full = false;  // also decompress every frame and compare the content's hash
  std::optional<SampleSize> regenerate;
  unsigned threads = 1;
  bool quiet = false;
};

struct Problem {
  std::string file;  // relative to the dataset
  std::string what;
};

struct Verification {
  std::vector<Problem> problems;
  std::vector<std::string> notes;  // worth knowing, and no damage
  std::uint64_t files = 0, bytes = 0, shards = 0, trajectories = 0;
  // Of the sample that was made again: equal to the last bit; the rest is within the tolerance that another
  // class of processor or another build may need (states 1e-6, pixels 1 of 255).
  std::uint64_t regenerated = 0, regenerated_exactly = 0;
};

// Compares every file with its hash, and the manifest with what plan and records give; then looks into the
// shards: structure, configuration, numbers of trajectories, labels, NaN, energy drift against the
// certificate. Throws for nothing that is wrong with the dataset, unless there is no directory
// (dataset::FileError), or no memory to check it (std::bad_alloc).
Verification verify(const std::filesystem::path& dataset, const VerifyOptions& options);

std::string verification_text(const std::filesystem::path& dataset, const Verification& verification);
Json verification_json(const Verification& verification);

}  // namespace hamgen::apps
