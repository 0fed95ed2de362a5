#include "model/dynamics/hamiltonian.hpp"

#include "model/networks/nets.hpp"

namespace hamgen::model {
namespace {

// Gradients of the sum of `value` with respect to `inputs`. A later backward pass goes through them only
// where `is_recorded`.
torch::autograd::variable_list gradients_of(const Tensor& value, const torch::autograd::variable_list& inputs,
                                            bool is_recorded) {
  return torch::autograd::grad({value.sum()}, inputs, {}, is_recorded, is_recorded);
}

// A new node that stands for x: with x's history where that is wanted. Not x itself, because what else H is
// given may depend on x (after a kick p depends on q), and the gradient is to be the partial one.
Tensor differentiable(const Tensor& x, bool is_recorded) {
  return is_recorded && x.requires_grad() ? x.view_as(x) : x.detach().requires_grad_();
}

}  // namespace

Tensor gradient(const std::function<Tensor(const Tensor&)>& f, const Tensor& x) {
  const bool is_recorded = at::GradMode::is_enabled();
  const at::AutoGradMode record(true);
  const Tensor at_x = differentiable(x, is_recorded);
  return gradients_of(f(at_x), {at_x}, is_recorded)[0];
}

PhaseSpace Hamiltonian::rate(const PhaseSpace& state) const {
  const PhaseSpace dH = gradients(state.q, state.p);
  return {dH.p, -dH.q};
}

Tensor Hamiltonian::dH_dq(const Tensor& q, const Tensor& p) const {
  return gradient([&](const Tensor& x) { return energy(x, p); }, q);
}

Tensor Hamiltonian::dH_dp(const Tensor& q, const Tensor& p) const {
  return gradient([&](const Tensor& x) { return energy(q, x); }, p);
}

PhaseSpace Hamiltonian::gradients(const Tensor& q, const Tensor& p) const {
  if (is_separable()) return {dH_dq(q, p), dH_dp(q, p)};
  const bool is_recorded = at::GradMode::is_enabled();
  const at::AutoGradMode record(true);
  const Tensor at_q = differentiable(q, is_recorded), at_p = differentiable(p, is_recorded);
  const auto both = gradients_of(energy(at_q, at_p), {at_q, at_p}, is_recorded);
  return {both[0], both[1]};
}

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

std::vector<schemas::Field> LearnedHamiltonianImpl::fields() {
  using namespace schemas;
  return {
      text("hamiltonian.form", "separable", "V(q) + K(p), V(q) + p.p / 2, or one network of (q, p)")
          .one_of({"separable", "natural", "joint"}),
      text("hamiltonian.network", "convolutional",
           "convolutions over the latent image, summed over space, or dense layers over all of it")
          .one_of({"convolutional", "dense"}),
      integers("hamiltonian.filters", {64, 64, 64, 64, 64, 64}, "", "filters (units) of each layer, softplus")
          .at_least(1)
          .at_most(4096)
          .items(1, 32),
      integers("hamiltonian.kernels", {3}, "latent pixel",
               "kernel of each convolution; one for all where one is given")
          .at_least(1)
          .at_most(4)
          .items(1, 32),
      real("hamiltonian.scale", 1, "", "constant factor of each network's energy").above(0),
      integers("hamiltonian.strides", {1}, "latent pixel",
               "stride of each convolution; one for all where one is given")
          .at_least(1)
          .at_most(4)
          .items(1, 32),
  };
}

LearnedHamiltonianImpl::LearnedHamiltonianImpl(const schemas::Settings& settings, std::int64_t channels,
                                               Initializer& initializer) {
  const std::string& form = settings.text("hamiltonian.form");
  form_ = form == "joint" ? Form::joint : form == "natural" ? Form::natural : Form::separable;
  if (form_ == Form::joint) {
    joint_ = register_module("joint", ScalarNet(settings, 2 * channels, initializer));
    return;
  }
  potential_ = register_module("potential", ScalarNet(settings, channels, initializer));
  if (form_ == Form::separable)
    kinetic_ = register_module("kinetic", ScalarNet(settings, channels, initializer));
}

ChainLink LearnedHamiltonianImpl::link() const {
  return {potential_->weights(), kinetic_.is_empty() ? Weights{} : kinetic_->weights(), potential_->shape()};
}

Tensor LearnedHamiltonianImpl::energy(const Tensor& q, const Tensor& p) const {
  switch (form_) {
    case Form::separable:
      return potential_->forward(q) + kinetic_->forward(p);
    case Form::natural:
      return potential_->forward(q) + 0.5 * p.flatten(1).square().sum(1);
    case Form::joint:
      return joint_->forward(at::cat({q, p}, 1));
  }
  throw std::logic_error("unknown form");
}

Tensor LearnedHamiltonianImpl::dH_dq(const Tensor& q, const Tensor& p) const {
  if (form_ == Form::joint) return Hamiltonian::dH_dq(q, p);
  return gradient([this](const Tensor& x) { return potential_->forward(x); }, q);
}

Tensor LearnedHamiltonianImpl::dH_dp(const Tensor& q, const Tensor& p) const {
  switch (form_) {
    case Form::separable:
      return gradient([this](const Tensor& x) { return kinetic_->forward(x); }, p);
    case Form::natural:
      return p;
    case Form::joint:
      return Hamiltonian::dH_dp(q, p);
  }
  throw std::logic_error("unknown form");
}

}  // namespace hamgen::model
