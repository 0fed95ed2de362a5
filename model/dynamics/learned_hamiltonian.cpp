#include "model/dynamics/learned_hamiltonian.hpp"

namespace hamgen::model {

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
      text("hamiltonian.readout", "learned",
           "how the last layer's units become one number: by weights of their own, or their plain sum")
          .one_of({"learned", "sum"}),
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

LearnedHamiltonianImpl::LearnedHamiltonianImpl(const schemas::Settings& settings, const LatentShape& q,
                                               Initializer& initializer) {
  const std::string& form = settings.text("hamiltonian.form");
  form_ = form == "joint" ? Form::joint : form == "natural" ? Form::natural : Form::separable;
  if (form_ == Form::joint) {
    joint_ = register_module("joint", ScalarNet(settings, q.times(2), initializer));
    return;
  }
  potential_ = register_module("potential", ScalarNet(settings, q, initializer));
  if (form_ == Form::separable) kinetic_ = register_module("kinetic", ScalarNet(settings, q, initializer));
}

SeparableWeights LearnedHamiltonianImpl::separable_weights() const {
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
