// What a run is trained on: a dataset of hamgen (its videos, its states, or points of an array of it), a
// table in an HDF5 file, or a built-in target.
#pragma once

#include <filesystem>
#include <optional>

#include "apps/fit/fit_config.hpp"
#include "model/data/points.hpp"
#include "model/training/process_group.hpp"

namespace hamgen::apps {

// A directory that hamgen wrote, open.
struct OpenDataset {
  // Every shard of train and validation is compared with its checksum. Throws dataset::ManifestError, ShardError.
  explicit OpenDataset(const std::filesystem::path& root);
  dataset::Manifest manifest;
  dataset::SplitReader train;
  std::optional<dataset::SplitReader> test, validation;  // where there are trajectories in it
  model::TrainingSplits training() const { return {train, validation ? &*validation : nullptr}; }
};

class FitData {
 public:
  // `path`: empty for a target. Throws schemas::FieldError where path, model and configuration do not fit
  // together; dataset::ManifestError, ShardError, TableError for what cannot be read.
  FitData(const FitConfig& config, const std::filesystem::path& path);

  const model::TrainingData& training() const { return training_; }
  // `share`: of every batch.
  std::unique_ptr<model::BatchSource> source(const FitConfig& config, const model::Model& model,
                                             const model::Share& share = {}) const;
  const OpenDataset* dataset() const { return dataset_.get(); }  // or null
  const model::PointData* points() const { return points_ ? &*points_ : nullptr; }
  // What each process has found in the data by itself becomes the first one's.
  void agree(model::ProcessGroup& group, const at::Device& device);
  std::string name() const;  // of the system, the target or the file
  // What run.json says of the data.
  Json about() const;

 private:
  void open_points(const FitConfig& config);

  std::filesystem::path path_;
  std::unique_ptr<OpenDataset> dataset_;
  std::optional<model::PointData> points_;
  model::TrainingData training_;
};

// Replaces an automatic "latent.dimension" and "objective.noise" by what is found in the data; config.json then suffices
// to load the model.
void resolve_by_data(FitConfig& config, const model::DataShape& shape);

// Throws dataset::FileError where `path` is not the data that the run.json of `run` tells of.
void require_its_data(const Json& about, const std::filesystem::path& path, const std::filesystem::path& run);
// What tells this data from any other: the SHA-256 of manifest.json or of the file; "" without a path.
std::string data_fingerprint(const std::filesystem::path& path);

}  // namespace hamgen::apps
