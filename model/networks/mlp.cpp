#include "model/networks/mlp.hpp"

namespace hamgen::model {

MlpImpl::MlpImpl(const MlpShape& shape, Initializer& initializer) : shape_(shape) {
  std::vector<std::int64_t> widths = shape.hidden;
  widths.push_back(shape.outputs);
  std::int64_t inputs = shape.inputs;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    const bool has_bias = shape.has_output_bias || i + 1 < widths.size();
    layers_.push_back(register_module(std::to_string(i), Dense(inputs, widths[i], 1, initializer, has_bias)));
    const at::NoGradGuard no_grad;
    layers_.back()->weight.copy_(initializer.orthogonal_weights(widths[i], inputs));
    inputs = widths[i];
  }
}

Tensor MlpImpl::forward(const Tensor& x) const {
  Tensor y = x;
  for (std::size_t i = 0; i + 1 < layers_.size(); ++i) {
    const Tensor next = activate(layers_[i]->forward(y), shape_.activation);
    y = shape_.is_residual && next.sizes() == y.sizes() ? y + next : next;
  }
  return layers_.back()->forward(y);
}

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
