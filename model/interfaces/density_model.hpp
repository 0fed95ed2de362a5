// What the trainer and the evaluation know of a model of densities: points in, log-likelihoods and samples
// out. A model may have latent variables besides the point: then its density is an integral over them, and
// log_weights() is what importance sampling takes of it:
//
//   p(x) = E[w],   log E_k[mean of k weights] <= log p(x)
//
// (ELBO: k = 1; IWAE: Burda et al. 2016, arXiv:1509.00519).
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

}  // namespace hamgen::model
