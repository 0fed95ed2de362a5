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
  return layers_.back()->forward(widened(y));
}

}  // namespace hamgen::model
