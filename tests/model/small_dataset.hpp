// A dataset of a few short mass-spring videos, made once per test program, and configurations that suit it.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "apps/fit/fit_config.hpp"
#include "model/training/trainer.hpp"

namespace hamgen::tests {

// 24 + 4 trajectories of 8 frames of 16x16 pixels; and the same with 6 more, of a validation split.
const std::filesystem::path& small_dataset();
const std::filesystem::path& small_dataset_with_validation();

// A model that trains on it in milliseconds a step. `changes`: nested JSON laid over it.
apps::FitConfig small_config(const apps::Json& changes = apps::Json::object());

// Changes: a state that is a vector, with an encoder that sees centres of colour and a guide in the first half of the training.
extern const apps::Json vector_state;

struct SmallData {
  explicit SmallData(const std::filesystem::path& root = small_dataset());
  model::TrainingSplits splits() const { return {reader, validation ? &*validation : nullptr}; }
  dataset::Manifest manifest;
  dataset::SplitReader reader;  // of train
  std::optional<dataset::SplitReader> validation;
};

// Configuration, model and trainer of one run in `directory`.
struct SmallRun {
  explicit SmallRun(const std::filesystem::path& directory, const apps::Json& changes = apps::Json::object(),
                    const std::filesystem::path& root = small_dataset());
  SmallData data;
  apps::FitConfig config;
  model::TrainingData training;
  std::shared_ptr<model::Model> network;
  model::Trainer trainer;
};

}  // namespace hamgen::tests
