#include "model/training/optimizer.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "model/training/orthogonalize.hpp"

namespace hamgen::model {

namespace {

// Of what is a matrix to muon; with fewer rows or columns there are few directions to tell apart, and they
// are Adam's.
constexpr std::int64_t fewest_rows = 16;
// Muon's steps are as large as Adam's usually are, root mean square, so that one learning rate serves both
// (Liu et al. 2025, arXiv:2502.16982, sec. 2.2).
constexpr double usual_step = 0.2;

std::string first_not_finite(const NamedTensors& tensors) {
  for (const auto& [name, tensor] : tensors)
    if (!tensor.isfinite().all().item<bool>()) return name;
  return "";
}

}  // namespace

FlatParameters::FlatParameters(torch::nn::Module& module) {
  const at::NoGradGuard no_grad;
  std::vector<Tensor> pieces;
  auto parameters = module.named_parameters();
  for (const auto& parameter : parameters) {
    shapes_.emplace_back(parameter.key(), parameter.value().sizes().vec());
    pieces.push_back(parameter.value().flatten());
  }
  values_ = at::cat(pieces);
  gradients_ = at::zeros_like(values_);
  const NamedTensors values = split(values_), gradients = split(gradients_);
  for (std::size_t i = 0; i < values.size(); ++i) {
    Tensor& parameter = parameters[i].value();
    parameter.set_data(values[i].second);
    parameter.mutable_grad() = gradients[i].second;
  }
}

NamedTensors FlatParameters::split(const Tensor& flat) const {
  NamedTensors tensors;
  std::int64_t begin = 0;
  for (const auto& [name, shape] : shapes_) {
    const std::int64_t size = c10::multiply_integers(shape);
    tensors.emplace_back(name, flat.slice(0, begin, begin + size).view(shape));
    begin += size;
  }
  return tensors;
}

std::vector<FlatParameters::Matrix> FlatParameters::matrices(std::int64_t fewest,
                                                             const std::vector<std::string>& but) const {
  std::vector<Matrix> matrices;
  std::int64_t begin = 0;
  for (const auto& [name, shape] : shapes_) {
    const std::int64_t size = c10::multiply_integers(shape);
    const std::int64_t rows = shape.size() < 2 ? 1 : shape[0];
    const bool is_left_out =
        std::ranges::any_of(but, [&](const std::string& layer) { return name.starts_with(layer + "."); });
    if (!is_left_out && std::min(rows, size / rows) >= fewest) matrices.push_back({begin, rows, size / rows});
    begin += size;
  }
  return matrices;
}

std::vector<schemas::Field> Optimizer::fields() {
  using namespace schemas;
  return {
      integer("train.steps", 15000, "step", "length of the training, and of its schedules")
          .at_least(1)
          .at_most(1e9),
      text(
          "optimizer.kind", "adam",
          "what makes a step of the gradient's moving average: its division by the root of that of squares; "
          "with muon, for every weight of at least 16 rows (filters) and columns but those of output layers, "
          "the orthogonal matrix nearest to it")
          .one_of({"adam", "muon"}),
      real("optimizer.learning_rate", 1.5e-4, "", "the largest of the schedule").above(0).at_most(1),
      text("optimizer.schedule", "constant", "the learning rate over train.steps")
          .one_of({"constant", "cosine"}),
      real("optimizer.final_fraction", 0.02, "", "of the learning rate, where cosine ends")
          .at_least(0)
          .at_most(1),
      integer("optimizer.warmup", 0, "step", "the learning rate rises linearly over the first steps")
          .at_least(0),
      real("optimizer.clip_norm", 0, "", "the gradient is scaled down to this norm; null: never")
          .above(0)
          .or_automatic(),
      reals("optimizer.betas", {0.9, 0.999}, "", "decay of the averages of gradients and of their squares")
          .at_least(0)
          .at_most(0.999999)
          .items(2, 2),
      real("optimizer.epsilon", 1e-8, "", "of Adam").above(0),
      real("optimizer.weight_decay", 0, "", "decoupled, of all weights but biases").at_least(0),
      real("optimizer.average_decay", 0, "",
           "of the parameters' moving average, which is what is evaluated; 0: none")
          .at_least(0)
          .at_most(0.999999),
  };
}

Optimizer::Optimizer(const schemas::Settings& settings, torch::nn::Module& module,
                     const std::vector<std::string>& output_layers)
    : parameters_(module),
      first_(at::zeros_like(parameters_.values())),
      second_(at::zeros_like(parameters_.values())),
      average_(parameters_.values().clone()),
      decay_mask_(at::zeros_like(parameters_.values())),
      steps_(settings.integer("train.steps")),
      warmup_(settings.integer("optimizer.warmup")),
      rate_(settings.real("optimizer.learning_rate")),
      final_fraction_(settings.real("optimizer.final_fraction")),
      clip_(settings.is_automatic("optimizer.clip_norm") ? 0 : settings.real("optimizer.clip_norm")),
      beta1_(settings.reals("optimizer.betas").at(0)),
      beta2_(settings.reals("optimizer.betas").at(1)),
      epsilon_(settings.real("optimizer.epsilon")),
      weight_decay_(settings.real("optimizer.weight_decay")),
      average_decay_(settings.real("optimizer.average_decay")),
      is_cosine_(settings.text("optimizer.schedule") == "cosine") {
  for (const auto& [name, mask] : parameters_.split(decay_mask_))
    if (mask.dim() > 1) mask.fill_(1);
  if (settings.text("optimizer.kind") == "muon") matrices_ = parameters_.matrices(fewest_rows, output_layers);
}

double Optimizer::learning_rate(std::int64_t step) const {
  const double progress = std::min(1.0, static_cast<double>(step) / static_cast<double>(steps_));
  const double cosine = 0.5 * (1 + std::cos(std::numbers::pi * progress));
  const double fall = is_cosine_ ? final_fraction_ + (1 - final_fraction_) * cosine : 1;
  const double rise = step < warmup_ ? static_cast<double>(step + 1) / static_cast<double>(warmup_) : 1;
  return rate_ * fall * rise;
}

void Optimizer::step(std::int64_t step, const Tensor& norm) {
  const at::NoGradGuard no_grad;
  const Tensor& values = parameters_.values();
  const Tensor& gradients = parameters_.gradients();
  if (clip_ > 0) gradients.mul_((clip_ / (norm + 1e-12)).clamp_max(1));
  const auto count = static_cast<double>(step + 1);
  const double rate = learning_rate(step);
  first_.lerp_(gradients, 1 - beta1_);
  second_.mul_(beta2_).addcmul_(gradients, gradients, 1 - beta2_);
  const Tensor scale = (second_ / (1 - std::pow(beta2_, count))).sqrt_().add_(epsilon_);
  if (weight_decay_ > 0) values.addcmul_(values, decay_mask_, -rate * weight_decay_);
  const Tensor direction = (first_ / scale).div_(1 - std::pow(beta1_, count));
  for (const FlatParameters::Matrix& matrix : matrices_) {
    // Nesterov's momentum: the average as it will be if the next gradient is like this one. Its size does not
    // count: where gradients vanish, steps go on in the last direction until the average has, too.
    const Tensor onward = matrix.of(gradients).lerp(matrix.of(first_), beta1_);
    const auto longer = static_cast<double>(std::max(matrix.rows, matrix.columns));
    matrix.of(direction).copy_(orthogonalized(onward) * (usual_step * std::sqrt(longer)));
  }
  values.add_(direction, -rate);
  // Early on the average follows closely, so that the random beginning is forgotten soon.
  if (has_average()) average_.lerp_(values, 1 - std::min(average_decay_, count / (count + 9)));
}

std::string Optimizer::not_finite_parameter() const {
  return first_not_finite(parameters_.split(parameters_.values()));
}

std::string Optimizer::not_finite_gradient() const {
  return first_not_finite(parameters_.split(parameters_.gradients()));
}

NamedTensors Optimizer::state() const {
  NamedTensors tensors;
  const auto add = [&](const std::string& prefix, const Tensor& flat) {
    for (auto& [name, view] : parameters_.split(flat)) tensors.emplace_back(prefix + name, view);
  };
  add("first/", first_);
  add("second/", second_);
  if (has_average()) add("average/", average_);
  return tensors;
}

void Optimizer::swap_average() {
  if (!has_average()) return;
  const at::NoGradGuard no_grad;
  const Tensor values = parameters_.values().clone();
  parameters_.values().copy_(average_);
  average_.copy_(values);
}

}  // namespace hamgen::model
