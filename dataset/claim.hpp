// Who may write to a dataset's directory: one program alone, or any number of workers at once. The lock is
// on plan.json and ends with its process, however that ends.
#pragma once

#include <filesystem>
#include <stdexcept>

#include "dataset/file.hpp"
#include "dataset/plan.hpp"

namespace hamgen::dataset {

// The directory is in use, holds another plan, or things that are not a dataset's. The message says which,
// and what can be done.
class ClaimError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

enum class Writers { alone, together };

class Claim {
 public:
  // Creates the directory and its plan where there is none; otherwise the plan that is there has to be this
  // one. With `replace`, a dataset that is there is removed first (never with Writers::together).
  // Throws ClaimError, ManifestError, FileError.
  static Claim of_plan(const std::filesystem::path& dataset, const Plan& plan, Writers writers, bool replace);
  // Of what a directory holds already, whatever it is. Throws ClaimError; FileError where there is no plan.
  static Claim of_directory(const std::filesystem::path& dataset);

 private:
  explicit Claim(Descriptor lock) : lock_(std::move(lock)) {}
  Descriptor lock_;
};

// Removes what interrupted commits left in the directory and its splits; for who writes alone. Throws
// FileError.
void tidy_up(const std::filesystem::path& dataset);

}  // namespace hamgen::dataset
