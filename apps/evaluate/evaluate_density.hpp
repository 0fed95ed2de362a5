// What can be said of models of densities: likelihood bounds, distance from a known target, modes covered,
// exactness of the flow, and the pictures of Fig. 9 as numbers. The result is JSON.
#pragma once

#include <filesystem>
#include <functional>
#include <vector>

#include "apps/fit/trained_run.hpp"

namespace hamgen::apps {

struct DensityOptions {
  std::filesystem::path data;  // empty: what each run was trained on
  std::int64_t points = 500;   // of the test split
  std::int64_t draws = 1000;   // of the importance-weighted bound: 1, 10, 100, ... up to that
  std::int64_t cells = 100;    // of each side of the grid that densities are compared on
  std::int64_t grid_draws = 100;
  std::string device;  // "": each run's own
  std::function<void(const std::string&)> progress = [](const std::string&) {};
};

// Format hamgen-evaluation-1 (docs/evaluation.md), each run with a "density". Throws what load_run() throws,
// and schemas::FieldError for runs of points of other dimensions or of different data.
Json evaluate_densities(const std::vector<std::filesystem::path>& runs, const DensityOptions& options);

// Whether the run's model learns from points.
bool is_density_run(const std::filesystem::path& run);

}  // namespace hamgen::apps
