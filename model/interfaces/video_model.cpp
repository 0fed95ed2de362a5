#include "model/interfaces/video_model.hpp"

#include <algorithm>

namespace hamgen::model {

Tensor VideoModel::energy(const PhaseSpace& state) const {
  const auto* const hamiltonian = dynamic_cast<const Hamiltonian*>(&dynamics());
  return hamiltonian == nullptr ? Tensor() : hamiltonian->energy(state.q, state.p);
}

Rollout VideoModel::show(const std::vector<PhaseSpace>& states) const {
  const at::NoGradGuard no_grad;
  std::vector<Tensor> frames, energies;
  for (const PhaseSpace& state : states) {
    frames.push_back(decode(state));
    if (const Tensor value = energy(state); value.defined()) energies.push_back(value);
  }
  return {at::stack(frames, 1), energies.empty() ? Tensor() : at::stack(energies, 1)};
}

std::vector<PhaseSpace> VideoModel::window(const PhaseSpace& at_anchor, std::int64_t count) const {
  std::vector<PhaseSpace> states = rollout(at_anchor, anchor() + 1, -1);
  std::ranges::reverse(states);
  if (count > anchor() + 1) {
    const auto forward = rollout(at_anchor, count - anchor());
    states.insert(states.end(), forward.begin() + 1, forward.end());
  }
  states.resize(static_cast<std::size_t>(count));
  return states;
}

Rollout VideoModel::reconstruct(const Tensor& frames, std::int64_t count) const {
  const at::NoGradGuard no_grad;
  return show(window(infer(frames), count));
}

Rollout VideoModel::sample(std::int64_t sequences, std::int64_t count, std::uint64_t seed) const {
  const at::NoGradGuard no_grad;
  const auto start = draw_start(sequences, seed);
  return start ? show(window(*start, count)) : Rollout();
}

Validation VideoModel::validate(const Batch& batch) {
  const at::NoGradGuard no_grad;
  const Rollout rollout = show(window(infer_at_once(batch.frames), batch.frames.size(1)));
  const auto error = [this](const Tensor& prediction, const Tensor& truth) {
    return (prediction - to_pixels(truth, shape_.image_size)).square().flatten(1).mean(1);
  };
  return {.error = error(expected(rollout.frames), batch.frames),
          .energy = rollout.energy,
          .error_clean = batch.frames_clean.defined() ? error(rollout.frames, batch.frames_clean) : Tensor()};
}

}  // namespace hamgen::model
