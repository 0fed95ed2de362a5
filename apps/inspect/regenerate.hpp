// A random sample of a dataset's trajectories is simulated and rendered again, and compared with what is
// stored: the only check that would notice a dataset which was wrong from the start.
#pragma once

#include <filesystem>

#include "apps/inspect/verification.hpp"
#include "dataset/format/manifest.hpp"

namespace hamgen::apps {

// Adds what it finds to `result`. Throws nothing for what is wrong with the dataset.
void regenerate_sample(const std::filesystem::path& dataset, const dataset::Manifest& manifest,
                       const VerifyOptions& options, Verification& result);

}  // namespace hamgen::apps
