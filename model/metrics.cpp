#include "model/metrics.hpp"

#include <algorithm>
#include <limits>

#include "model/batches.hpp"

namespace hamgen::model {

Tensor EnergyStatistics::drift() const {
  return deviation / spread;
}

EnergyStatistics energy_statistics(const Tensor& energy) {
  const Tensor start = energy.select(1, 0);
  return {energy.mean(), (energy - start.unsqueeze(1)).square().mean().sqrt(), start.std(/*unbiased=*/false)};
}

Errors evaluate(Model& model, const dataset::SplitReader& reader, const DataShape& shape, std::uint64_t first,
                std::uint64_t count, bool has_clean, const at::Device& device, std::int64_t batch) {
  const at::NoGradGuard no_grad;
  Tensor squares = at::zeros({2}, at::TensorOptions(device).dtype(at::kDouble));
  std::vector<Tensor> energy;
  for (std::uint64_t done = 0; done < count; done += static_cast<std::uint64_t>(batch)) {
    std::vector<Window> windows;
    for (std::uint64_t i = done; i < std::min(count, done + static_cast<std::uint64_t>(batch)); ++i)
      windows.push_back({first + i, 0, false});
    const auto load = [&](const char* name) {
      return read_windows(reader, name, windows, shape.frames).to(device);
    };
    const Tensor frames = load("frames");
    const Rollout rollout = model.reconstruct(frames, shape.frames);
    const auto add_squares = [&](std::int64_t place, const Tensor& truth) {
      squares[place] += (rollout.frames - to_pixels(truth, shape.image_size)).square().sum(at::kDouble);
    };
    add_squares(0, frames);
    if (has_clean) add_squares(1, load("frames_clean"));
    if (rollout.energy.defined()) energy.push_back(rollout.energy);
  }
  const auto values = static_cast<double>(count) *
                      static_cast<double>(shape.frames * 3 * shape.image_size * shape.image_size);
  Errors errors;
  errors.trajectories = count;
  errors.mse = squares[0].item<double>() / values;
  errors.mse_clean =
      has_clean ? squares[1].item<double>() / values : std::numeric_limits<double>::quiet_NaN();
  if (!energy.empty()) {
    const EnergyStatistics statistics = energy_statistics(at::cat(energy).to(at::kDouble));
    errors.energy_mean = statistics.mean.item<double>();
    errors.energy_drift = statistics.drift().item<double>();
  }
  return errors;
}

}  // namespace hamgen::model
