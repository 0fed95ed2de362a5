// Starts that were given up. Those that are kept are other starts than the configuration says: what cannot be
// followed is often of a kind (a bounce, a close encounter), and missing from the dataset then. Few are worth
// a warning, many are an error.
#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>

#include "apps/generate/config.hpp"
#include "dataset/format/manifest.hpp"
#include "simulators/trajectory.hpp"

namespace hamgen::apps {

class TooManyRedraws : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// By name, those that happened.
std::map<std::string, std::uint64_t> redraw_reasons(const simulators::RedrawCounts& counts);

// Whether any number of redraws will do: the configuration says so, or is older than the question.
bool allows_redraws(const Config& config, const dataset::Plan& plan);

// Throws TooManyRedraws where a split of so many trajectories has too many of them, whatever is still to come.
void require_few_redraws(const std::string& split, std::int64_t trajectories,
                         const dataset::ShardStatistics& so_far);

// Lines for stderr; empty where there is nothing to say.
std::string redraw_warning(const dataset::Manifest& manifest);

}  // namespace hamgen::apps
