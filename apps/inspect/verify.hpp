// hamgen verify: is a dataset what it was when it was finished, and is that right?
#pragma once

#include "apps/inspect/verification.hpp"

namespace hamgen::apps {

// Compares every file with its hash, and the manifest with what plan and records give; then looks into the
// shards: structure, configuration, numbers of trajectories, labels, NaN, energy drift against the
// certificate. Throws for nothing that is wrong with the dataset, unless there is none (dataset::FileError),
// or no memory to check it (std::bad_alloc).
Verification verify(const std::filesystem::path& dataset, const VerifyOptions& options);

}  // namespace hamgen::apps
