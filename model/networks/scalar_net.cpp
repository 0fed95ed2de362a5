#include "model/networks/scalar_net.hpp"

#include <utility>

#include "model/networks/nets.hpp"

namespace hamgen::model {

ScalarNetImpl::ScalarNetImpl(const schemas::Settings& settings, std::int64_t channels,
                             Initializer& initializer)
    : scale_(settings.real("hamiltonian.scale")) {
  const auto filters = settings.integers("hamiltonian.filters");
  const bool is_dense = settings.text("hamiltonian.network") == "dense";
  std::int64_t inputs = is_dense ? channels * latent_size * latent_size : channels;
  if (is_dense) {
    for (const std::int64_t outputs : filters)
      dense_.emplace_back(std::exchange(inputs, outputs), outputs, 1, initializer);
    dense_.emplace_back(inputs, 1, 1, initializer);
  } else {
    const auto kernels = per_layer(settings, "hamiltonian.kernels", filters.size());
    const auto strides = per_layer(settings, "hamiltonian.strides", filters.size());
    for (std::size_t i = 0; i < filters.size(); ++i)
      convolutions_.emplace_back(std::exchange(inputs, filters[i]), filters[i], kernels[i], strides[i], 1,
                                 initializer);
    convolutions_.emplace_back(inputs, 1, 1, 1, 1, initializer);
    strides_ = strides;
  }
  // Non-negative weights on softplus units: the energy begins bounded from below.
  const at::NoGradGuard no_grad;
  (is_dense ? dense_.back()->weight : convolutions_.back()->weight).abs_();
  for (std::size_t i = 0; i < dense_.size(); ++i) register_module(std::to_string(i), dense_[i]);
  for (std::size_t i = 0; i < convolutions_.size(); ++i) register_module(std::to_string(i), convolutions_[i]);
}

Tensor ScalarNetImpl::forward(const Tensor& x) const {
  const Tensor y = dense_.empty() ? through(convolutions_, x, Activation::softplus)
                                  : through(dense_, x.flatten(1), Activation::softplus);
  return scale_ * y.flatten(1).sum(1);
}

Weights ScalarNetImpl::weights() const {
  Weights weights;
  const auto add = [&](const auto& layers) {
    for (const auto& layer : layers) weights.insert(weights.end(), {layer->weight, layer->bias});
  };
  add(convolutions_);
  add(dense_);
  weights.pop_back();
  return weights;
}

SoftplusShape ScalarNetImpl::shape() const {
  return {scale_, strides_, dense_.empty() ? latent_size : 1};
}

Tensor ScalarNetImpl::to_rows(const Tensor& x) const {
  return (dense_.empty() ? x.permute({0, 2, 3, 1}) : x).flatten(1);
}

Tensor ScalarNetImpl::from_rows(const Tensor& rows, at::IntArrayRef front) const {
  std::vector<std::int64_t> shape = front.vec();
  if (!dense_.empty()) {
    shape.insert(shape.end(), {-1, latent_size, latent_size});
    return rows.reshape(shape);
  }
  shape.insert(shape.end(), {latent_size, latent_size, -1});
  return rows.reshape(shape).movedim(-1, -3);
}

}  // namespace hamgen::model
