#include "model/dynamics/vector_field.hpp"

namespace hamgen::model {

std::vector<schemas::Field> VectorFieldImpl::fields() {
  using namespace schemas;
  return {
      text("transition.network", "convolutional",
           "convolutions over the latent image, or dense layers over all of it")
          .one_of({"convolutional", "dense"}),
      integers("transition.filters", {64, 64, 64, 64, 64, 64}, "", "filters (units) of each layer, softplus")
          .at_least(1)
          .at_most(4096)
          .items(1, 32),
      real("transition.scale", 1, "", "constant factor of the rate").above(0),
  };
}

VectorFieldImpl::VectorFieldImpl(const schemas::Settings& settings, const LatentShape& q,
                                 Initializer& initializer)
    : scale_(settings.real("transition.scale")) {
  auto filters = settings.integers("transition.filters");
  const bool is_dense = settings.text("transition.network") == "dense";
  std::int64_t inputs = 2 * (is_dense ? q.numbers() : q.channels);
  filters.push_back(inputs);
  for (std::size_t i = 0; i < filters.size(); ++i) {
    const std::int64_t outputs = filters[i];
    const double gain = i + 1 < filters.size() ? 1 : 0.1;  // slow motion at the beginning
    if (is_dense)
      dense_.push_back(register_module(std::to_string(i), Dense(inputs, outputs, gain, initializer)));
    else
      convolutions_.push_back(
          register_module(std::to_string(i), Conv(inputs, outputs, 3, 1, gain, initializer)));
    inputs = outputs;
  }
}

PhaseSpace VectorFieldImpl::rate(const PhaseSpace& state) const {
  const Tensor x = at::cat({state.q, state.p}, 1);
  const Tensor y = dense_.empty() ? through(convolutions_, x, Activation::softplus)
                                  : through(dense_, x.flatten(1), Activation::softplus).view(x.sizes());
  const auto halves = (scale_ * y).chunk(2, 1);
  return {halves[0], halves[1]};
}

}  // namespace hamgen::model
