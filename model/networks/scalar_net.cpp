#include "model/networks/scalar_net.hpp"

#include <utility>

#include "model/networks/nets.hpp"

namespace hamgen::model {

ScalarNetImpl::ScalarNetImpl(const schemas::Settings& settings, const LatentShape& state,
                             Initializer& initializer)
    : scale_(settings.real("hamiltonian.scale")),
      size_(state.size),
      has_readout_(settings.text("hamiltonian.readout") == "learned") {
  const auto filters = settings.integers("hamiltonian.filters");
  const bool is_dense = settings.text("hamiltonian.network") == "dense";
  std::int64_t inputs = is_dense ? state.numbers() : state.channels;
  if (is_dense) {
    for (const std::int64_t outputs : filters)
      dense_.emplace_back(std::exchange(inputs, outputs), outputs, 1, initializer);
    if (has_readout_) dense_.emplace_back(inputs, 1, 1, initializer);
  } else {
    const auto kernels = per_layer(settings, "hamiltonian.kernels", filters.size());
    const auto strides = per_layer(settings, "hamiltonian.strides", filters.size());
    for (std::size_t i = 0; i < filters.size(); ++i)
      convolutions_.emplace_back(std::exchange(inputs, filters[i]), filters[i], kernels[i], strides[i], 1,
                                 initializer);
    if (has_readout_) convolutions_.emplace_back(inputs, 1, 1, 1, 1, initializer);
    strides_ = strides;
  }
  // Non-negative weights on softplus units: the energy begins bounded from below.
  const at::NoGradGuard no_grad;
  if (has_readout_) last_weight().abs_();
  for (std::size_t i = 0; i < dense_.size(); ++i) register_module(std::to_string(i), dense_[i]);
  for (std::size_t i = 0; i < convolutions_.size(); ++i) register_module(std::to_string(i), convolutions_[i]);
}

const Tensor& ScalarNetImpl::last_weight() const {
  return dense_.empty() ? convolutions_.back()->weight : dense_.back()->weight;
}

Tensor ScalarNetImpl::forward(const Tensor& x) const {
  const Tensor y = dense_.empty() ? through(convolutions_, x, Activation::softplus)
                                  : through(dense_, x.flatten(1), Activation::softplus);
  return scale_ * (has_readout_ ? y : activate(y, Activation::softplus)).flatten(1).sum(1);
}

Weights ScalarNetImpl::weights() const {
  Weights weights;
  const auto add = [&](const auto& layers) {
    for (const auto& layer : layers) weights.insert(weights.end(), {layer->weight, layer->bias});
  };
  add(convolutions_);
  add(dense_);
  if (has_readout_) {
    weights.pop_back();
    return weights;
  }
  std::vector<std::int64_t> shape(static_cast<std::size_t>(last_weight().dim()), 1);
  shape[1] = last_weight().size(0);
  weights.push_back(at::ones(shape, last_weight().options().requires_grad(false)));
  return weights;
}

SoftplusShape ScalarNetImpl::shape() const {
  return {scale_, strides_, dense_.empty() ? size_ : 1};
}

Tensor ScalarNetImpl::to_rows(const Tensor& x) const {
  return (dense_.empty() ? x.permute({0, 2, 3, 1}) : x).flatten(1);
}

Tensor ScalarNetImpl::from_rows(const Tensor& rows, at::IntArrayRef front) const {
  std::vector<std::int64_t> shape = front.vec();
  if (!dense_.empty()) {
    shape.insert(shape.end(), {-1, size_, size_});
    return rows.reshape(shape);
  }
  shape.insert(shape.end(), {size_, size_, -1});
  return rows.reshape(shape).movedim(-1, -3);
}

}  // namespace hamgen::model
