// Why a model of videos goes on beyond its window, or does not (model/metrics/flow_metrics.hpp), beside the exact motion.
#pragma once

#include "apps/evaluate/run_frames.hpp"
#include "apps/shell/field_json.hpp"

namespace hamgen::apps {

class Diagnosis {
 public:
  // All of them outlive it.
  Diagnosis(const model::VideoModel& model, const RunFrames& frames, const TrueMotion& motion)
      : model_(model), frames_(frames), motion_(motion) {}

  // `states`: of the windows' rollouts, one for each frame.
  void add(const std::vector<model::Window>& windows, const std::vector<model::PhaseSpace>& states);
  // {"diagnosis": {"numbers", "directions", "stretch", "true_stretch", and of systems of one coordinate "frequency"}}
  Json json() const;

 private:
  void add_orbits(const std::vector<model::Window>& windows, const model::PhaseSpace& start);
  // Median over a few sequences; the map over the window.
  Json stretch_json() const;
  Json true_stretch_json() const;
  Json frequency_json() const;

  const model::VideoModel& model_;
  const RunFrames& frames_;
  const TrueMotion& motion_;
  std::vector<std::uint64_t> trajectories_;
  Gathered states_;   // [N, T, 2 K]
  at::Tensor place_;  // a position, for its shape and device
  Gathered orbits_,
      exact_orbits_;  // positions over several windows, [N, T, K] and [N, T], of systems of one coordinate
};

}  // namespace hamgen::apps
