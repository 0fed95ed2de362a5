#include "model/metrics/metrics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "model/data/batches.hpp"
#include "model/dynamics/energy_statistics.hpp"

namespace hamgen::model {

namespace {

constexpr std::uint64_t batch = 50;  // trajectories at a time, of a split that is read through

// Trajectories [first, first + count) a batch at a time: `visit(windows)`.
template <class Visit>
void for_each_batch(std::uint64_t first, std::uint64_t count, std::uint64_t at_once, Visit visit) {
  for (std::uint64_t done = 0; done < count; done += at_once)
    visit(whole_windows(first + done, first + std::min(count, done + at_once)));
}

// Sums squared differences between predictions and the frames of a split, noisy and clean.
class SquaredErrors {
 public:
  SquaredErrors(const dataset::SplitReader& reader, const DataShape& shape, bool has_clean,
                const at::Device& device)
      : reader_(reader),
        shape_(shape),
        has_clean_(has_clean),
        device_(device),
        sums_(at::zeros({2}, at::TensorOptions(device).dtype(at::kDouble))) {}

  Tensor load(const char* name, const std::vector<Window>& windows) const {
    return read_windows(reader_, name, windows, shape_.frames).to(device_);
  }
  // Predictions of noisy and of clean frames: [B, T, 3, S, S], or what broadcasts to it. `frames`: the
  // windows' noisy frames.
  void add(const Tensor& noisy, const Tensor& clean, const Tensor& frames,
           const std::vector<Window>& windows) {
    add_to(0, noisy, frames);
    if (has_clean_) add_to(1, clean, load("frames_clean", windows));
    trajectories_ += windows.size();
  }
  Errors errors() const {
    const auto values = static_cast<double>(trajectories_) *
                        static_cast<double>(shape_.frames * 3 * shape_.image_size * shape_.image_size);
    Errors errors;
    errors.trajectories = trajectories_;
    errors.mse = sums_[0].item<double>() / values;
    errors.mse_clean =
        has_clean_ ? sums_[1].item<double>() / values : std::numeric_limits<double>::quiet_NaN();
    return errors;
  }

 private:
  void add_to(std::int64_t place, const Tensor& prediction, const Tensor& truth) {
    sums_[place] += (prediction - to_pixels(truth, shape_.image_size)).square().sum(at::kDouble);
  }
  const dataset::SplitReader& reader_;
  const DataShape& shape_;
  bool has_clean_;
  at::Device device_;
  Tensor sums_;
  std::uint64_t trajectories_ = 0;
};

void add_energy(const std::vector<Tensor>& energy, Errors& errors) {
  if (energy.empty()) {
    errors.energy_mean = errors.energy_drift = std::numeric_limits<double>::quiet_NaN();
    return;
  }
  const EnergyStatistics statistics = energy_statistics(at::cat(energy).to(at::kDouble));
  errors.energy_mean = statistics.mean.item<double>();
  errors.energy_drift = statistics.drift().item<double>();
}

}  // namespace

Validation validate_rows(Model& model, const Fetch& fetch, std::uint64_t first, std::uint64_t end,
                         const at::Device& device, std::uint64_t batch) {
  const at::NoGradGuard no_grad;
  std::vector<Tensor> squares, energy, squares_clean;
  for (; first < end; first += batch) {
    const Validation part = model.validate(fetch(first, std::min(batch, end - first)).to(device));
    squares.push_back(part.error);
    if (part.energy.defined()) energy.push_back(part.energy);
    if (part.error_clean.defined()) squares_clean.push_back(part.error_clean);
  }
  const auto joined = [](const std::vector<Tensor>& parts) {
    return parts.empty() ? Tensor() : at::cat(parts);
  };
  return {.error = joined(squares), .energy = joined(energy), .error_clean = joined(squares_clean)};
}

Errors errors_of(const Validation& all) {
  Errors errors;
  errors.trajectories = static_cast<std::uint64_t>(all.error.size(0));
  errors.mse = all.error.to(at::kDouble).mean().item<double>();
  errors.mse_clean = all.error_clean.defined() ? all.error_clean.to(at::kDouble).mean().item<double>()
                                               : std::numeric_limits<double>::quiet_NaN();
  add_energy(all.energy.defined() ? std::vector<Tensor>{all.energy} : std::vector<Tensor>{}, errors);
  return errors;
}

Errors validation_errors(Model& model, const Fetch& fetch, std::uint64_t count, const at::Device& device,
                         std::uint64_t batch) {
  return errors_of(validate_rows(model, fetch, 0, count, device, batch));
}

Errors evaluate(const VideoModel& model, const dataset::SplitReader& reader, const DataShape& shape,
                std::uint64_t first, std::uint64_t count, bool has_clean, const at::Device& device,
                std::int64_t batch) {
  const at::NoGradGuard no_grad;
  SquaredErrors squares(reader, shape, has_clean, device);
  std::vector<Tensor> energy;
  for_each_batch(first, count, static_cast<std::uint64_t>(batch), [&](const std::vector<Window>& windows) {
    const Tensor frames = squares.load("frames", windows);
    const Rollout rollout = model.reconstruct(frames, shape.frames);
    squares.add(model.expected(rollout.frames), rollout.frames, frames, windows);
    if (rollout.energy.defined()) energy.push_back(rollout.energy);
  });
  Errors errors = squares.errors();
  add_energy(energy, errors);
  return errors;
}

Tensor mean_image(const dataset::SplitReader& train, const DataShape& shape, const at::Device& device) {
  const at::NoGradGuard no_grad;
  constexpr std::uint64_t most = 1000;
  const std::uint64_t count = std::min(most, train.trajectories());
  Tensor sum =
      at::zeros({3, shape.image_size, shape.image_size}, at::TensorOptions(device).dtype(at::kDouble));
  for_each_batch(0, count, batch, [&](const std::vector<Window>& windows) {
    const Tensor frames = read_windows(train, "frames", windows, shape.frames).to(device);
    sum += to_pixels(frames, shape.image_size).sum(at::IntArrayRef{0, 1}, false, at::kDouble);
  });
  return (sum / static_cast<double>(count * static_cast<std::uint64_t>(shape.frames))).to(at::kFloat);
}

Errors mean_image_errors(const dataset::SplitReader& train, const dataset::SplitReader& test,
                         const DataShape& shape, bool has_clean, const at::Device& device) {
  const at::NoGradGuard no_grad;
  SquaredErrors squares(test, shape, has_clean, device);
  const Tensor mean = mean_image(train, shape, device);
  for_each_batch(0, test.trajectories(), batch, [&](const std::vector<Window>& windows) {
    squares.add(mean, mean, squares.load("frames", windows), windows);
  });
  return squares.errors();
}

Errors mean_image_errors(const Tensor& mean, const Fetch& fetch, std::uint64_t count,
                         const at::Device& device) {
  const at::NoGradGuard no_grad;
  const auto squares = [&](const Tensor& frames) {
    return (to_pixels(frames.to(device), mean.size(-1)) - mean).square().mean().item<double>();
  };
  Errors errors{.trajectories = count};
  double noisy = 0, clean = 0;
  for (std::uint64_t first = 0; first < count; first += batch) {
    const std::uint64_t rows = std::min(static_cast<std::uint64_t>(batch), count - first);
    const Batch part = fetch(first, rows);
    const double share = static_cast<double>(rows) / static_cast<double>(count);
    noisy += share * squares(part.frames);
    clean += part.frames_clean.defined() ? share * squares(part.frames_clean) : NAN;
  }
  errors.mse = noisy;
  errors.mse_clean = clean;
  return errors;
}

}  // namespace hamgen::model
