// Who may write to a dataset's directory: one program alone, or any number of workers at once.
//
// Plan, shards and everything else are only touched while the directory's lock is held.
#pragma once

#include <filesystem>
#include <stdexcept>

#include "dataset/files/directory_lock.hpp"
#include "dataset/format/plan.hpp"

namespace hamgen::dataset {

// The directory is in use, holds another plan, or things that are not a dataset's. The message says which,
// and what can be done.
class ClaimError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Claim {
 public:
  // Creates the directory and its plan where there is none; otherwise the plan that is there has to be this
  // one. With `replace`, a dataset that is there is removed first (never with Writers::together).
  // Throws ClaimError, ManifestError, FileError.
  static Claim of_plan(const std::filesystem::path& dataset, const Plan& plan, Writers writers, bool replace);
  // Of a directory that holds a dataset or a part of one. Throws ClaimError; ManifestError where there is none.
  static Claim of_directory(const std::filesystem::path& dataset);

 private:
  Claim(const std::filesystem::path& dataset, Writers writers);
  DirectoryLock lock_;
};

// Removes what interrupted commits left in the directory and its splits; for who writes alone. Throws
// FileError.
void tidy_up(const std::filesystem::path& dataset);

}  // namespace hamgen::dataset
