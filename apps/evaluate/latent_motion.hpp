// How the model's own state moves: its energy, whether the motion can be undone and keeps phase space, what
// the posterior holds, and how the state is related to the true one.
#pragma once

#include <optional>

#include "apps/evaluate/run_frames.hpp"
#include "apps/shell/field_json.hpp"

namespace hamgen::apps {

class LatentMotion {
 public:
  // Both outlive it.
  LatentMotion(const model::VideoModel& model, const RunFrames& frames) : model_(model), frames_(frames) {}

  // `bytes`: the stored frames of the windows; `states`: the rollout's, one for each frame; `energy`: of the
  // learned Hamiltonian along it, [B, T], undefined where there is none.
  void add(const std::vector<model::Window>& windows, const at::Tensor& bytes,
           const std::vector<model::PhaseSpace>& states, const at::Tensor& energy);

  Json reversibility_json() const;
  Json symplecticity_json() const;
  // {"energy": ...}; nothing where there is no Hamiltonian.
  Json energy_json() const;
  // {"latent": ...} beside the exact states of `reader`, and what the posterior holds.
  Json latent_json(const dataset::SplitReader& reader) const;

 private:
  void add_posterior(const std::vector<model::Window>& windows, const at::Tensor& bytes);
  Json symmetric_json(const dataset::SplitReader& reader) const;

  const model::VideoModel& model_;
  const RunFrames& frames_;
  Gathered energy_;                              // [N, T]
  Gathered starts_, returns_, reversed_pixels_;  // [N, 2 K] each, [N]
  Gathered kl_, drawn_, means_;                  // [N], [N], [N, Z]
  Gathered q_, p_;                               // [N, T, K]
  std::optional<double> symplecticity_;
};

}  // namespace hamgen::apps
