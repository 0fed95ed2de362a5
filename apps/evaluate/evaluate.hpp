// What can be said of trained runs on a dataset: errors beside yardsticks, inside the window and beyond,
// energy, reversal, latent space. The result is JSON that the table, the page and the figures are made of.
#pragma once

#include <filesystem>
#include <functional>
#include <vector>

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

// A dataset that runs are evaluated on.
struct EvaluationData {
  // `test` is the named split, any but train.
  explicit EvaluationData(const std::filesystem::path& root, const std::string& split = "test");
  std::filesystem::path root;
  std::int64_t coordinates() const;  // D of a position
  dataset::Manifest manifest;
  dataset::SplitReader train, test;  // throws dataset::ManifestError where there is none
};

// Format hamgen-evaluation-1 (docs/evaluation.md). Throws what load_run() and require_suitable() throw.
Json evaluate_runs(const std::vector<std::filesystem::path>& runs, const EvaluationData& data,
                   const EvaluationOptions& options);

// The parts of it, for one run.
Json evaluate_video(const TrainedRun& run, const EvaluationData& data, const EvaluationOptions& options);
Json evaluate_states(const TrainedRun& run, const EvaluationData& data, const EvaluationOptions& options);

// How many of the train split's trajectories are shown: none that training held out.
std::uint64_t trained_trajectories(const TrainedRun& run, const EvaluationData& data,
                                   const EvaluationOptions& options);

class TrueMotion;
// Noise-free frames of a trajectory after 0, 1, ..., `intervals` intervals of `interval` units of time
// (negative: backward), [intervals + 1, 3, S, S] in units of 255 on the CPU, S = image_size. Throws what
// TrueMotion throws.
at::Tensor exact_frames(TrueMotion& motion, std::uint64_t trajectory, std::int64_t intervals, double interval,
                        std::int64_t image_size);

// Path, title, model, seed, size and what training took: the beginning of a run's entry.
Json about_json(const TrainedRun& run);
// null where it is not finite: such numbers have no place in JSON.
Json number(double value);
Json interval_json(const std::vector<double>& values);  // {"mean", "ci95", "n"}

}  // namespace hamgen::apps
