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
  std::int64_t horizon = 31;                   // frames that the loss counts at last
  std::uint64_t training = 0, validation = 0;  // trajectories: the last `validation` ones are held out
  std::string fingerprint;                     // of the dataset: the SHA-256 of its manifest
};
// The value of a field that not every model has, or that chooses automatically: `fallback` then.
std::int64_t integer_or(const schemas::Settings& settings, const char* path, std::int64_t fallback);
// How many of `count` sequences or points are held out. Throws schemas::FieldError where nothing would be
// left.
std::uint64_t held_out(const schemas::Settings& settings, std::uint64_t count, std::uint64_t most);

// Whether a model of this shape sees the stored frames as they are, for which the manifest has a noise floor
// and a mean image's error: not averaged down, and all of them.
bool sees_stored_frames(const DataShape& shape, const dataset::Manifest& manifest);

// The train split of a dataset of videos, for a model of windows. Throws schemas::FieldError where the
// configuration does not fit the data.
TrainingData training_data(const schemas::Settings& settings, const dataset::Manifest& manifest,
                           const dataset::SplitReader& reader);
// What a model observes, in windows of `training_frames` to train on and of the whole shape to validate on.
std::unique_ptr<BatchSource> window_source(const schemas::Settings& settings, const TrainingData& data,
                                           const dataset::SplitReader& reader, Observation observation,
                                           std::int64_t training_frames, const Share& share = {});

}  // namespace hamgen::model
