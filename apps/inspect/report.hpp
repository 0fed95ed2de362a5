// What hamgen tells about systems, datasets and plans: for people, or as JSON.
#pragma once

#include <filesystem>

#include "apps/generate/config.hpp"
#include "apps/inspect/verification.hpp"
#include "dataset/format/manifest.hpp"

namespace hamgen::apps {

// The registry: name, summary, Hamiltonian, constants.
std::string systems_text();
Json systems_json();
// Configurations with a name, each beside its system's own: frames, size, noise, and what else differs.
std::string presets_text();
Json presets_json();

// A finished dataset, by its manifest. `info_json` adds to the manifest whether every shard has its size on
// disk.
std::string info_text(const std::filesystem::path& dataset, const dataset::Manifest& manifest);
Json info_json(const std::filesystem::path& dataset, const dataset::Manifest& manifest);
// Files of the manifest that are missing or of another size; empty when all are there.
std::vector<Problem> missing_files(const std::filesystem::path& dataset, const dataset::Manifest& manifest);

// Bytes and seconds that a dataset will take, from 16 real trajectories of each split.
struct Forecast {
  std::vector<std::pair<std::string, std::int64_t>> sizes;  // of each split
  double bytes = 0, seconds = 0;
};
Forecast forecast(const Config& config, unsigned threads);
std::string forecast_text(const Forecast& forecast, const std::filesystem::path& out);
Json forecast_json(const Forecast& forecast);

}  // namespace hamgen::apps
