#include "model/interfaces/density_model.hpp"

#include "model/base/random.hpp"

namespace hamgen::model {

LossTerms DensityModel::loss(const Batch& batch, const StepContext& context) {
  auto generator = make_generator(random_key(context.seed, Purpose::posterior, {context.step}));
  LossTerms terms;
  terms.loss = -log_weights(batch.points, 1, generator).mean();
  terms.averaged = {{"nll", terms.loss.detach()}};
  return terms;
}

Validation DensityModel::validate(const Batch& batch) {
  const at::NoGradGuard no_grad;
  auto generator = make_generator(random_key(0, Purpose::posterior));  // the same draws every time
  return {-log_weights(batch.points, 1, generator).squeeze(1), Tensor()};
}

}  // namespace hamgen::model
