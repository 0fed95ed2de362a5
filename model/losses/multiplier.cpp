#include "model/losses/multiplier.hpp"

#include <limits>

namespace hamgen::model {

std::vector<schemas::Field> MultiplierImpl::fields() {
  using namespace schemas;
  return {
      real("objective.geco_decay", 0.99, "", "of the constraint's moving average")
          .at_least(0)
          .at_most(0.999999),
      real("objective.geco_rate", 0.005, "1 / step", "how fast the multiplier follows the constraint")
          .above(0),
      range("objective.geco_bounds", {1e-3, 1e6}, "", "of the multiplier").above(0),
  };
}

MultiplierImpl::MultiplierImpl(const schemas::Settings& settings)
    : decay_(settings.real("objective.geco_decay")),
      rate_(settings.real("objective.geco_rate")),
      lowest_(settings.reals("objective.geco_bounds").at(0)),
      highest_(settings.reals("objective.geco_bounds").at(1)) {
  multiplier = register_buffer("multiplier", at::ones({}));
  average = register_buffer("average", at::full({}, std::numeric_limits<float>::infinity()));
}

void MultiplierImpl::update(const Tensor& constraint) {
  const at::NoGradGuard no_grad;
  // The first value begins the average.
  average.copy_(at::where(average.isinf(), constraint, decay_ * average + (1 - decay_) * constraint));
  multiplier.mul_((rate_ * average.clamp(-1, 1)).exp()).clamp_(lowest_, highest_);
}

}  // namespace hamgen::model
