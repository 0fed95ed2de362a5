// What a run knows of its data, and where its batches come from.
#pragma once

#include <memory>
#include <string>

#include "dataset/format/manifest.hpp"
#include "model/data/batches.hpp"
#include "model/data/data_shape.hpp"
#include "schemas/field.hpp"

namespace hamgen::model {

// What a run knows of its data.
struct TrainingData {
  DataShape shape;
  std::int64_t horizon = 31;  // frames that the loss counts at last
  // Trajectories or points: of the split `validation`, or, of data without one, the last of train.
  std::uint64_t training = 0, validation = 0;
  std::string fingerprint;  // of the dataset: the SHA-256 of its manifest
  // What the train split's mean image has of those frames that are validated, noisy and noise-free, in units of
  // (value / 255)^2: 0 where it is not known.
  double mean_image_mse = 0, mean_image_mse_clean = 0;
};
// The value of a field that not every model has, or that chooses automatically: `fallback` then.
std::int64_t integer_or(const schemas::Settings& settings, const char* path, std::int64_t fallback);
// Sets how many of `train` sequences or points are trained on, and how many are validated on: of those of a
// `validation` split, or, where there are none (0), of the last of `train`; by default at most `most`. Throws
// schemas::FieldError where there are not as many as the configuration asks for, or nothing would be left.
void hold_out(const schemas::Settings& settings, std::uint64_t train, std::uint64_t validation,
              std::uint64_t most, TrainingData& data);

// Whether a model of this shape sees the stored frames as they are, for which the manifest has a noise floor
// and a mean image's error: not averaged down, and all of them.
bool sees_stored_frames(const DataShape& shape, const dataset::Manifest& manifest);

// What a run learns from and what it is validated on; they outlive what is made of them.
struct TrainingSplits {
  const dataset::SplitReader& train;
  const dataset::SplitReader* validation = nullptr;  // none: the last trajectories of train are
};

// Of a dataset of videos, for a model of windows. Throws schemas::FieldError where the configuration does not
// fit the data.
TrainingData training_data(const schemas::Settings& settings, const dataset::Manifest& manifest,
                           const TrainingSplits& splits);
// What a model observes, in windows of `training_frames` to train on and of the whole shape to validate on.
std::unique_ptr<BatchSource> window_source(const schemas::Settings& settings, const TrainingData& data,
                                           const TrainingSplits& splits, Observation observation,
                                           std::int64_t training_frames, const Share& share = {});

}  // namespace hamgen::model
