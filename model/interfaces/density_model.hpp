// What the trainer and the evaluation know of a model of densities: points in, log-likelihoods and samples
// out. A model may have latent variables besides the point: then its density is an integral over them, and
// log_weights() is what importance sampling takes of it:
//
//   p(x) = E[w],   log E_k[mean of k weights] <= log p(x)      (ELBO: k = 1; IWAE: Burda et al. 2016,
//                                                               arXiv:1509.00519)
//
// Points [B, d] are in the data's units; log-densities in nats.
#pragma once

#include "model/interfaces/model.hpp"

namespace hamgen::model {

class DensityModel : public Model {
 public:
  Observation observation() const final { return Observation::points; }

  virtual bool has_latent() const = 0;  // else every weight is the density itself
  // log w of `draws` draws of the latent variables for each point, [B, draws]; differentiable.
  virtual Tensor log_weights(const Tensor& x, std::int64_t draws, at::Generator& generator) const = 0;
  virtual Tensor sample(std::int64_t count, at::Generator& generator) const = 0;  // [count, d]
  // The map from the prior's space to the data's and back, of a model's own variables [B, n] (n >= d): a
  // flow.
  virtual Tensor flow(const Tensor& base) const = 0;
  virtual Tensor inverse(const Tensor& state) const = 0;
  virtual Tensor draw_base(std::int64_t count, at::Generator& generator) const = 0;  // [count, n]

  LossTerms loss(const Batch& batch, const StepContext& context) override;
  Validation validate(const Batch& batch) override;  // error: - ELBO, nats
};

// Shift and scale to mean 0 and deviation 1 of every coordinate, if asked for; constants, saved with the
// weights.
class StandardizerImpl : public torch::nn::Module {
 public:
  static schemas::Field field();
  StandardizerImpl(const schemas::Settings& settings, const DataShape& shape);
  Tensor apply(const Tensor& x) const { return (x - mean) / deviation; }
  Tensor undo(const Tensor& y) const { return y * deviation + mean; }
  Tensor log_volume() const { return deviation.log().sum(); }  // log |dx / dy|

  Tensor mean, deviation;  // [d]
};
TORCH_MODULE(Standardizer);

// The density that a flow begins with, independent in each of its coordinates, in nats.
//
//   normal        N(0, 1)
//   soft_uniform  f(b (s + w/2)) f(-b (s - w/2)) (1 - e^(-b w)) / w, f the logistic function: a box of width
//   w
//                 with edges as wide as 1 / b; a uniform number plus a logistic one of scale 1 / b
//
// Source: sec. 4 (there w is sigma, b is beta; the normaliser is not given).
class FlowPrior {
 public:
  static std::vector<schemas::Field> fields(const char* kind);
  explicit FlowPrior(const schemas::Settings& settings);
  Tensor log_density(const Tensor& s) const;  // [B, n] -> [B]
  Tensor sample(std::int64_t count, std::int64_t coordinates, const at::TensorOptions& options,
                at::Generator& generator) const;
  double entropy_per_coordinate() const;  // nats

 private:
  bool is_normal_;
  double width_, sharpness_;
};

}  // namespace hamgen::model
