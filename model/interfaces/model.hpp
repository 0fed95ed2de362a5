// What the trainer, the evaluation and the programs know of a model; the registry of all models is
// registry.hpp.
#pragma once

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "model/base/profile.hpp"
#include "model/data/batches.hpp"
#include "schemas/field.hpp"

namespace hamgen::model {

// What a model has to know of the data before it is built.
struct DataShape {
  std::int64_t frames = 31;                   // of a window
  std::int64_t image_size = 32;               // as trained: data.image_size
  double dt = 0.125;                          // between frames, units of time
  std::vector<double> pixel_mean, pixel_std;  // of the train split, per channel, value / 255
  std::int64_t coordinates = 1;               // D of the true position, and of the momentum; d of points
  std::vector<double> point_mean = {}, point_std = {};  // of the points to train on, [d]
  bool is_reversible = true;                            // a video played backward is one of the system, too
  std::array<double, 2>
      position_noise{};  // standard deviations that noise gives places along x and y, pixels
};

// Which step this is: all that its random numbers depend on, and how much of the sequence counts.
struct StepContext {
  std::uint64_t seed = 0, step = 0;
  std::int64_t horizon = 31;  // frames of the roll-out
  double progress = 0;        // the part of train.steps that is done, in [0, 1)
  bool is_logged = false;     // the scalars that cost something are wanted, too
  Share share = {};           // which rows of the step's batch these are
  Profile* profile = nullptr;

  // What was done since the last lap was `part`.
  void lap(const char* part) const {
    if (profile != nullptr) profile->lap(part);
  }
};

using NamedScalars = std::vector<std::pair<std::string, Tensor>>;

struct LossTerms {
  Tensor loss;             // [], differentiable
  NamedScalars averaged;   // for the log, averaged over its interval; on the device, without history
  NamedScalars momentary;  // for the log, as they are when it is written
};

// How sequences that the model was not trained on come out, without gradients.
struct Validation {
  Tensor error;   // [B]: mean squared, of pixels (units of 255) or of the state's derivatives; - ELBO, nats
  Tensor energy;  // [B, T] of the learned Hamiltonian; undefined for a model without one
};

// What logs call the error that training lowers: the mean squared one, or the negative log-likelihood's
// bound.
inline const char* error_name(Observation observation) {
  return observation == Observation::points ? "nll" : "mse";
}

class Model : public torch::nn::Module {
 public:
  virtual Observation observation() const = 0;
  // Frames of the windows that loss() is to get, of at most `shape.frames`.
  virtual std::int64_t training_frames(const DataShape& shape) const { return shape.frames; }
  // Windows or points on the model's device.
  virtual LossTerms loss(const Batch& batch, const StepContext& context) = 0;
  // After the parameters have moved: multipliers follow.
  virtual void after_step(const LossTerms&) {}
  virtual Validation validate(const Batch& batch) = 0;
};

// The channels' means and standard deviations as [3, 1, 1]; a channel that never changes has no deviation to
// divide by.
inline std::pair<Tensor, Tensor> pixel_statistics(const DataShape& shape) {
  const auto per_channel = [](const std::vector<double>& x) {
    return at::tensor(x).to(at::kFloat).view({3, 1, 1});
  };
  return {per_channel(shape.pixel_mean), per_channel(shape.pixel_std).clamp_min(1.0 / 255)};
}

inline std::int64_t parameter_count(const Model& model) {
  std::int64_t count = 0;
  for (const Tensor& parameter : model.parameters()) count += parameter.numel();
  return count;
}

}  // namespace hamgen::model
