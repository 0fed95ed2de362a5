// manifest.json: what a dataset is, what it consists of, and how good a predictor of it can be. Written last:
// a directory without it is not a finished dataset. Contract: schemas/manifest.schema.json.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "dataset/format/plan.hpp"
#include "dataset/format/shard_record.hpp"

namespace hamgen::dataset {

// The virtual dataset over all shards of a split.
struct IndexRecord {
  std::string file;  // "train.h5"
  std::uint64_t bytes = 0;
  std::string sha256;
};

struct SplitRecord {
  std::string name;          // one of split_names
  std::uint64_t frames = 0;  // T of its trajectories
  IndexRecord index;
  std::vector<ShardRecord> shards;

  std::uint64_t trajectories() const;
  ShardStatistics statistics() const;  // of all shards
};

// In units of (pixel value / 255)^2, over the test split's frames.
struct Yardsticks {
  std::uint64_t trajectories = 0, draws = 0;  // what they were estimated from
  double mean_image_mse = 0;                  // of the train split's mean image against noisy frames
  double mean_image_mse_clean = 0;            // of the same against clean frames
  double clean_render_mse = 0;                // of the clean frames against the noisy ones
  double noise_floor = 0;                     // of the best possible predictor given the exact state
  // Of noise_floor; there where it was estimated from several trajectories by a program that states it.
  std::optional<double> noise_floor_standard_error = {};
};

constexpr double farthest_pivot = 1e4;  // pixels along x and y: what turns about farther points shifts

struct TurningNoise {
  std::array<double, 2> pivot{};  // x from the left edge and y from the upper one, pixels
  double deviation = 0;           // of the angle, radian
  bool operator==(const TurningNoise&) const = default;
};

struct Manifest {
  Plan plan;
  std::string system, hamiltonian;
  bool is_reversible = true;                      // played backward, its videos are such videos, too
  std::array<std::uint64_t, 4> frame_shape{};     // T, H, W, channels, of the train split
  std::vector<double> channel_mean, channel_std;  // of the train split's frames, value / 255
  // Standard deviations of the discs' places along x and y that noise gives, pixels; there where they are the
  // same for every disc and state (simulators/position_noise.hpp).
  std::optional<std::array<double, 2>> position_noise;
  // There where noise turns the whole picture instead.
  std::optional<TurningNoise> turning_noise;
  std::vector<SplitRecord> splits;
  bool has_yardsticks = false;
  Yardsticks yardsticks;

  const SplitRecord* find(const std::string& split) const;  // null where there is none
  std::array<std::uint64_t, 4> shape_of(const SplitRecord& split) const;
};

inline constexpr const char* manifest_name = "manifest.json";

Json to_json(const Manifest& manifest);
// Throws ManifestError where the shards' ranges do not follow each other, a number cannot be, or a total is not
// that of its shards; Json::exception for members that are missing or of the wrong type.
Manifest manifest_from_json(const Json& json);

// Throws ManifestError where the path is no directory, or one that no dataset was ever begun in.
void require_dataset(const std::filesystem::path& dataset);

std::string manifest_text(const Manifest& manifest);  // of manifest.json
// Throws ManifestError where there is none, or none that can be understood; FileError where it cannot be
// read.
Manifest read_manifest(const std::filesystem::path& dataset);

}  // namespace hamgen::dataset
