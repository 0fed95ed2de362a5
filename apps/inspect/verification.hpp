// What is asked of a check of a dataset, and what it found.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "apps/shell/field_json.hpp"

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
  bool is_unreadable = false;  // the file may be whole
  const char* word() const { return is_unreadable ? "UNREADABLE" : "DAMAGED"; }
};

struct Verification {
  std::vector<Problem> problems;
  std::vector<std::string> notes;  // worth knowing, and no damage
  std::uint64_t files = 0, bytes = 0, shards = 0, trajectories = 0;
  // Of the sample that was made again: equal to the last bit; the rest is within the tolerance that another
  // class of processor or another build may need (states 1e-6, pixels 1 of 255).
  std::uint64_t regenerated = 0, regenerated_exactly = 0;
};

std::string verification_text(const std::filesystem::path& dataset, const Verification& verification);
Json verification_json(const Verification& verification);

}  // namespace hamgen::apps
