// manifest.json: what a dataset is, what it consists of, and how good a predictor of it can be. Written last:
// a directory without it is not a finished dataset. Contract: schemas/manifest.schema.json.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace hamgen::dataset {

using Json = nlohmann::ordered_json;

class ManifestError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct ShardRecord {
  std::string file;  // relative to the manifest, "train/shard-00000.h5"
  std::uint64_t bytes = 0;
  std::string sha256;
  std::int64_t first = 0, last = 0;  // trajectories, inclusive
  std::uint64_t trajectories() const { return static_cast<std::uint64_t>(last - first + 1); }
};

struct SplitRecord {
  std::string name;  // "train" or "test"
  std::uint64_t trajectories = 0;
  std::string index;  // the virtual dataset over all shards, "train.h5"
  std::vector<ShardRecord> shards;
  std::uint64_t redraws = 0;                                           // starts given up
  std::uint64_t tightenings = 0;                                       // integrations repeated
  double max_energy_drift = 0;                                         // the worst certificate
  std::uint64_t frames_out_of_view = 0, trajectories_out_of_view = 0;  // with a disc's centre outside
};

// In units of (pixel value / 255)^2, over the test split's frames.
struct Yardsticks {
  std::uint64_t trajectories = 0, draws = 0;  // what they were estimated from
  double mean_image_mse = 0;                  // of the train split's mean image against noisy frames
  double mean_image_mse_clean = 0;            // of the same against clean frames
  double clean_render_mse = 0;                // of the clean frames against the noisy ones
  double noise_floor = 0;                     // of the best possible predictor given the exact state
};

struct Manifest {
  std::string generator_version, git_commit;
  std::string system, hamiltonian;
  Json config;                                    // everything that defines the dataset
  std::array<std::uint64_t, 4> frame_shape{};     // T, H, W, channels
  std::vector<double> channel_mean, channel_std;  // of the train split's frames, value / 255
  std::vector<SplitRecord> splits;
  bool has_yardsticks = false;
  Yardsticks yardsticks;

  const SplitRecord* find(const std::string& split) const;  // null where there is none
};

Json to_json(const Manifest& manifest);
Manifest manifest_from_json(const Json& json);

void write_manifest(const std::filesystem::path& dataset, const Manifest& manifest);
// Throws ManifestError where there is none, or none that can be understood.
Manifest read_manifest(const std::filesystem::path& dataset);

}  // namespace hamgen::dataset
