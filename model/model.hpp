// What the trainer, the evaluation and the programs know of a model; the registry of all models is
// registry.hpp.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "dataset/manifest.hpp"
#include "model/torch.hpp"
#include "schemas/field.hpp"

namespace hamgen::model {

// What a model has to know of the data before it is built.
struct DataShape {
  std::int64_t frames = 31;                   // of a training window
  std::int64_t image_size = 32;               // as trained: data.image_size
  double dt = 0.125;                          // between frames, units of time
  std::vector<double> pixel_mean, pixel_std;  // of the train split, per channel, value / 255
};

// Which step this is: all that its random numbers depend on, and how much of the sequence counts.
struct StepContext {
  std::uint64_t seed = 0, step = 0;
  std::int64_t horizon = 31;  // frames of the roll-out
  bool is_logged = false;     // the scalars that cost something are wanted, too
};

using NamedScalars = std::vector<std::pair<std::string, Tensor>>;

struct LossTerms {
  Tensor loss;             // [], differentiable
  NamedScalars averaged;   // for the log, averaged over its interval; on the device, without history
  NamedScalars momentary;  // for the log, as they are when it is written
};

// A sequence as the model sees it again, without gradients.
struct Rollout {
  Tensor frames;  // [B, T, 3, S, S] in units of 255
  Tensor energy;  // [B, T] of the learned Hamiltonian; undefined for a model without one
};

class Model : public torch::nn::Module {
 public:
  // frames: u8 [B, window, H, W, 3] on the model's device.
  virtual LossTerms loss(const Tensor& frames, const StepContext& context) = 0;
  // After the parameters have moved: multipliers follow.
  virtual void after_step(const LossTerms&) {}
  // Infers the state from the window's first frames, and rolls out `count` frames from its beginning.
  virtual Rollout reconstruct(const Tensor& frames, std::int64_t count) = 0;
  // Sequences from the prior: frames only; undefined where there is no prior to draw from.
  virtual Rollout sample(std::int64_t sequences, std::int64_t count, std::uint64_t seed) = 0;
};

inline std::int64_t parameter_count(const Model& model) {
  std::int64_t count = 0;
  for (const Tensor& parameter : model.parameters()) count += parameter.numel();
  return count;
}

}  // namespace hamgen::model
