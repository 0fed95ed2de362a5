#include "apps/evaluate/evaluation_data.hpp"

#include <algorithm>

namespace hamgen::apps {

EvaluationData::EvaluationData(const std::filesystem::path& path, const std::string& split)
    : root(path),
      manifest(dataset::read_manifest(path)),
      train(path, manifest, "train"),
      test(path, manifest, split) {}

std::int64_t EvaluationData::coordinates() const {
  return static_cast<std::int64_t>(test.shard(0).numbers_per_row("q") / test.frames_per_trajectory());
}

std::uint64_t trained_trajectories(const TrainedRun& run, const EvaluationData& data,
                                   const EvaluationOptions& options) {
  const std::uint64_t all = data.train.trajectories();
  return std::min({options.trajectories, all, run.about.value("train_trajectories", all)});
}

}  // namespace hamgen::apps
