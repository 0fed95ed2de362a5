// What the trainer, the evaluation and the programs know of a model; the registry of all models is
// registry.hpp.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/base/profile.hpp"
#include "model/data/batches.hpp"
#include "model/data/data_shape.hpp"
#include "schemas/field.hpp"

namespace hamgen::model {

// Which step this is: all that its random numbers depend on, and how much of the sequence counts.
struct StepContext {
  std::uint64_t seed = 0, step = 0;
  std::int64_t horizon = 31;  // frames of the rollout
  double progress = 0;        // the part of train.steps that is done, in [0, 1)
  bool is_logged = false;     // the scalars that cost something are wanted, too
  Share share = {};           // which rows of the step's batch these are
  Profile* profile = nullptr;
  // The mean over all shares of what each has of its own: of the same shape. Every process calls it as often.
  // Empty: this share is the whole batch.
  std::function<Tensor(const Tensor&)> mean_of_shares = {};

  // Of a batch's mean, without gradient, from its share's.
  Tensor of_batch(const Tensor& of_share) const {
    return mean_of_shares ? mean_of_shares(of_share) : of_share;
  }
  // What was done since the last lap was `part`.
  void lap(const char* part) const {
    if (profile != nullptr) profile->lap(part);
  }
};

// Scalars for the log, in the order in which it shows them.
class NamedScalars : public std::vector<std::pair<std::string, Tensor>> {
 public:
  using std::vector<std::pair<std::string, Tensor>>::vector;
  // Throws std::logic_error where there is none of this name: a programming error.
  const Tensor& of(std::string_view name) const;
};

struct LossTerms {
  Tensor loss;             // [], differentiable
  NamedScalars averaged;   // for the log, averaged over its interval; on the device, without history
  NamedScalars momentary;  // for the log, as they are when it is written
};

// How sequences that the model was not trained on come out, without gradients.
struct Validation {
  Tensor error;   // [B]: mean squared, of pixels (units of 255) or of the state's derivatives; - ELBO, nats
  Tensor energy;  // [B, T] of the learned Hamiltonian; undefined for a model without one
  // [B]: likewise against noise-free frames; undefined where there are none.
  Tensor error_clean = {};
};

// What logs call the error that training lowers: the mean squared one, or the negative log-likelihood's
// bound.
const char* error_name(Observation observation);

class Model : public torch::nn::Module {
 public:
  virtual Observation observation() const = 0;
  // Frames of the windows that loss() is to get, of at most `shape.frames`.
  virtual std::int64_t training_frames(const DataShape& shape) const { return shape.frames; }
  // Windows or points on the model's device.
  virtual LossTerms loss(const Batch& batch, const StepContext& context) = 0;
  // The layers whose outputs are quantities, not features: pixels, states, posteriors. By name, as parameters
  // begin with it ("decoder.output"). Muon, which makes all directions of a matrix equally large, leaves them
  // to Adam.
  virtual std::vector<std::string> output_layers() const { return {}; }
  // After the parameters have moved: multipliers follow.
  virtual void after_step(const LossTerms&) {}
  virtual Validation validate(const Batch& batch) = 0;
};

std::int64_t parameter_count(const Model& model);

}  // namespace hamgen::model
