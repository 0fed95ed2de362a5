// A dataset that runs are evaluated on, and how much of it.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "apps/fit/trained_run.hpp"
#include "dataset/shards/split_reader.hpp"

namespace hamgen::apps {

struct EvaluationOptions {
  std::uint64_t trajectories = 200;          // of each split, from its first on
  std::int64_t forward = 60, backward = 30;  // intervals from the window's first frame
  std::string device;                        // "": each run's own
  std::int64_t batch = 50;
  std::function<void(const std::string&)> progress = [](const std::string&) {};
};

struct EvaluationData {
  // `test` is the named split, any but train.
  explicit EvaluationData(const std::filesystem::path& root, const std::string& split = "test");
  std::filesystem::path root;
  std::int64_t coordinates() const;  // D of a position
  dataset::Manifest manifest;
  dataset::SplitReader train, test;  // throws dataset::ManifestError where there is none
};

// A run's network computes in fp64 as long as this lives, however that ends.
class InDouble {
 public:
  explicit InDouble(model::Model& network) : network_(network) { network_.to(at::kDouble); }
  ~InDouble() { network_.to(at::kFloat); }
  InDouble(const InDouble&) = delete;
  InDouble& operator=(const InDouble&) = delete;

 private:
  model::Model& network_;  // outlives it
};

// How many of the train split's trajectories are shown: none that training held out.
std::uint64_t trained_trajectories(const TrainedRun& run, const EvaluationData& data,
                                   const EvaluationOptions& options);

}  // namespace hamgen::apps
