#include "model/losses/objective.hpp"

#include <algorithm>
#include <cmath>

#include "model/losses/turning_blur.hpp"

namespace hamgen::model {

namespace {
constexpr double usual_kappa = 0.0316;
}

std::vector<schemas::Field> ObjectiveImpl::fields() {
  using namespace schemas;
  std::vector<Field> fields{
      text("objective.kind", "geco", "how reconstruction and KL divergence are weighed")
          .one_of({"geco", "beta"}),
      text("objective.multiplier", "error", "what the multiplier stands before; kind geco")
          .one_of({"error", "kl"}),
      real("objective.beta", 1, "",
           "weight of the KL divergence per pixel value (2: the ELBO of variance 1); kind beta")
          .at_least(0),
      real("objective.beta_end", 0, "",
           "what beta grows to over train.steps, geometrically; null: it stays; kind beta")
          .above(0)
          .or_automatic(),
      real(
          "objective.huber_end", 0, "pixel value / 255",
          "what Huber's threshold, beyond which pixel errors count linearly, comes down to over train.steps, "
          "geometrically from 1; null: errors are squared")
          .above(0)
          .at_most(1)
          .or_automatic(),
      text(
          "objective.noise", "unknown",
          "known: the decoder draws frames without noise, which are blurred by the dataset's noise (the "
          "manifest's frames.position_noise or frames.turning_noise) where they are compared with noisy ones; auto: known where the manifest has it")
          .one_of({"unknown", "known", "auto"}),
      real("objective.total_variation", 0, "",
           "weight of the length of the gradient of decoded frames, per pixel value; what keeps frames even "
           "where noise is known and its blur hides what they hold")
          .at_least(0),
      real("objective.tolerance", 1.1, "noise floor",
           "tolerated mean squared error, over the dataset's own noise floor; kind geco")
          .above(0),
      real(
          "objective.kappa", usual_kappa, "pixel value / 255",
          "tolerated error, root mean square; null: by objective.tolerance, or, where no noise floor is known or it is "
          "0, 0.0316 (0.0316^2 = 1e-3, the top of the authors' sweep); kind geco")
          .above(0)
          .or_automatic(),
  };
  for (const auto& field : MultiplierImpl::fields()) fields.push_back(field);
  return fields;
}

Tensor kl_to_standard_normal(const Tensor& mean, const Tensor& log_variance) {
  return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).flatten(1).sum(1);
}

namespace {

// The mean picture of what moves along an axis of `size` pixels with this standard deviation: [size, size],
// of which each row tells one pixel's. A Gaussian's exp(-(k deviation)^2 / 2) in every cosine of the axis, so
// it is as wide as asked for also where that is less than a pixel; what lies beyond the frame mirrors what
// lies before its edge.
Tensor blur(std::int64_t size, double deviation) {
  const auto length = static_cast<double>(size);
  const Tensor number = at::arange(size, at::kDouble), wave = number * (M_PI / length);
  const Tensor cosines = (wave.unsqueeze(1) * (number + 0.5)).cos() *
                         at::where(number == 0, 1 / length, 2 / length).sqrt().unsqueeze(1);
  const Tensor kept = (-0.5 * (deviation * wave).square()).exp();
  return at::matmul(cosines.t() * kept, cosines).to(at::kFloat);
}

}  // namespace

double tolerance_of(const schemas::Settings& settings, const DataShape& shape) {
  if (!settings.is_automatic("objective.kappa")) {
    const double kappa = settings.real("objective.kappa");
    return kappa * kappa;
  }
  const double floor = shape.noise_floor.value_or(0);
  return floor > 0 ? settings.real("objective.tolerance") * floor : usual_kappa * usual_kappa;
}

ObjectiveImpl::ObjectiveImpl(const schemas::Settings& settings, const DataShape& shape)
    : MultiplierImpl(settings),
      is_geco_(settings.text("objective.kind") == "geco"),
      is_before_kl_(settings.text("objective.multiplier") == "kl"),
      beta_(settings.real("objective.beta")),
      growth_(settings.is_automatic("objective.beta_end") ? 1 : settings.real("objective.beta_end") / beta_),
      tolerance_(tolerance_of(settings, shape)),
      huber_end_(settings.is_automatic("objective.huber_end") ? 1 : settings.real("objective.huber_end")),
      total_variation_(settings.real("objective.total_variation")) {
  if (is_geco_ && huber_end_ < 1)
    throw schemas::FieldError(
        "objective.huber_end is not allowed with objective.kind = \"geco\": its tolerance is of squared errors");
  if (!std::isfinite(growth_))
    throw schemas::FieldError(
        "objective.beta_end is not allowed where objective.beta is 0: nothing grows from it");
  const FrameNoise& noise = shape.noise;
  if (settings.text("objective.noise") == "auto" && noise.is_known())
    throw schemas::FieldError("objective.noise = \"auto\" has to be resolved before a model is made");
  if (settings.text("objective.noise") == "known") {
    blur_x_ = register_buffer("blur_x", blur(shape.image_size, noise.shift[0]));
    blur_y_ = register_buffer("blur_y", blur(shape.image_size, noise.shift[1]));
    if (noise.turn > 0) turning_ = turning_blur(shape.image_size, noise.pivot, noise.turn);
  }
}

Tensor ObjectiveImpl::expected(const Tensor& decoded) const {
  if (turning_.defined()) {
    if (turning_.device() != decoded.device()) turning_ = turning_.to(decoded.device());
    const Tensor columns = decoded.reshape({-1, turning_.size(0)}).t().contiguous();
    return at::_sparse_mm(turning_, columns).t().reshape(decoded.sizes());
  }
  return blur_x_.defined() ? at::matmul(at::matmul(blur_y_, decoded), blur_x_.t()) : decoded;
}

Tensor ObjectiveImpl::roughness(const Tensor& decoded) const {
  if (total_variation_ == 0) return {};
  constexpr double corner = 1e-6;  // squared: where a gradient as short as 1e-3 stops being a kink
  const std::int64_t last = decoded.size(-1) - 1;
  const Tensor here = decoded.narrow(-2, 0, last).narrow(-1, 0, last),
               down = decoded.narrow(-2, 1, last).narrow(-1, 0, last) - here,
               right = decoded.narrow(-2, 0, last).narrow(-1, 1, last) - here;
  return total_variation_ * (down.square() + right.square() + corner).sqrt().sum();
}

Tensor ObjectiveImpl::pixel_error(const Tensor& missed, double progress) const {
  const double threshold = std::pow(huber_end_, progress);
  if (threshold >= 1) return missed.square();
  const Tensor size = missed.abs(), within = size.clamp_max(threshold);
  return within * (2 * size - within);
}

Tensor ObjectiveImpl::loss(const Tensor& mse, const Tensor& kl, double progress) const {
  if (!kl.defined()) return mse;  // nothing to weigh it against: a multiplier would stop training at kappa
  if (!is_geco_) return mse + beta_ * std::pow(growth_, progress) * kl;
  const Tensor violation = mse - tolerance_;
  return is_before_kl_ ? violation + kl / multiplier : kl + multiplier * violation;
}

void ObjectiveImpl::update(const Tensor& mse) {
  if (is_geco_) MultiplierImpl::update((mse.detach() - tolerance_) / tolerance_);
}

}  // namespace hamgen::model
