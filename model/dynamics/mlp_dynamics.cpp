#include "model/dynamics/mlp_dynamics.hpp"

namespace hamgen::model {

MlpHamiltonianImpl::MlpHamiltonianImpl(std::int64_t coordinates, const std::vector<std::int64_t>& hidden,
                                       Initializer& initializer) {
  MlpShape shape;
  shape.inputs = 2 * coordinates;
  shape.hidden = hidden;
  shape.has_output_bias = false;
  network_ = register_module("network", Mlp(shape, initializer));
}

Tensor MlpHamiltonianImpl::energy(const Tensor& q, const Tensor& p) const {
  return network_->forward(at::cat({q, p}, 1)).squeeze(1);
}

MlpFieldImpl::MlpFieldImpl(std::int64_t coordinates, const std::vector<std::int64_t>& hidden,
                           Initializer& initializer) {
  MlpShape shape;
  shape.inputs = shape.outputs = 2 * coordinates;
  shape.hidden = hidden;
  shape.has_output_bias = false;
  network_ = register_module("network", Mlp(shape, initializer));
}

PhaseSpace MlpFieldImpl::rate(const PhaseSpace& state) const {
  const auto halves = network_->forward(at::cat({state.q, state.p}, 1)).chunk(2, 1);
  return {halves[0], halves[1]};
}

}  // namespace hamgen::model
