#include "model/density/flow_prior.hpp"

#include <cmath>
#include <numbers>

namespace hamgen::model {

schemas::Field StandardizerImpl::field() {
  return schemas::boolean(
      "data.standardize", false,
      "shift and scale every coordinate to mean 0 and deviation 1 first (likelihoods stay "
      "those of the points as given)");
}

StandardizerImpl::StandardizerImpl(const schemas::Settings& settings, const DataShape& shape) {
  const bool is_on = settings.boolean("data.standardize");
  const auto vector = [&](const std::vector<double>& values, double fallback) {
    return is_on && !values.empty() ? at::tensor(values).to(at::kFloat)
                                    : at::full({shape.coordinates}, fallback, at::kFloat);
  };
  mean = register_buffer("mean", vector(shape.point_mean, 0));
  deviation = register_buffer("deviation", vector(shape.point_std, 1).clamp_min(1e-12));
}

std::vector<schemas::Field> FlowPrior::fields(const char* kind) {
  using namespace schemas;
  return {
      text("prior.kind", kind, "density that the flow begins with").one_of({"soft_uniform", "normal"}),
      real("prior.width", 8, "", "of the soft-uniform prior: w").above(0),
      real("prior.sharpness", 4, "", "of its edges: b").above(0),
  };
}

FlowPrior::FlowPrior(const schemas::Settings& settings)
    : is_normal_(settings.text("prior.kind") == "normal"),
      width_(settings.real("prior.width")),
      sharpness_(settings.real("prior.sharpness")) {}

Tensor FlowPrior::log_density(const Tensor& s) const {
  const auto coordinates = static_cast<double>(s.size(1));
  if (is_normal_) return -0.5 * s.square().sum(1) - 0.5 * coordinates * std::log(2 * std::numbers::pi);
  // log f(b (w/2 + s)) + log f(b (w/2 - s))
  const Tensor inner = sharpness_ * (width_ / 2 - s.abs()), outer = sharpness_ * (width_ / 2 + s.abs());
  const double log_normaliser = std::log(width_) - std::log(-std::expm1(-sharpness_ * width_));
  return (at::log_sigmoid(inner) + at::log_sigmoid(outer)).sum(1) - coordinates * log_normaliser;
}

Tensor FlowPrior::sample(std::int64_t count, std::int64_t coordinates, const at::TensorOptions& options,
                         at::Generator& generator) const {
  const auto on_cpu = at::TensorOptions(at::kDouble);
  if (is_normal_) return at::randn({count, coordinates}, generator, on_cpu).to(options);
  const Tensor uniform = at::rand({count, coordinates}, generator, on_cpu),
               other = at::rand({count, coordinates}, generator, on_cpu).clamp(1e-15, 1 - 1e-15);
  return (width_ * (uniform - 0.5) + (other / (1 - other)).log() / sharpness_).to(options);
}

double FlowPrior::entropy_per_coordinate() const {
  if (is_normal_) return 0.5 * std::log(2 * std::numbers::pi * std::numbers::e);
  // - E[log density], by the trapezoidal rule over all that counts: smooth, so it converges fast.
  constexpr int nodes = 4000;
  const double reach = width_ / 2 + 40 / sharpness_, step = 2 * reach / nodes;
  const at::NoGradGuard no_grad;
  const Tensor log_p = log_density(at::linspace(-reach, reach, nodes + 1, at::kDouble).unsqueeze(1));
  return -(log_p.exp() * log_p).sum().item<double>() * step;
}

}  // namespace hamgen::model
