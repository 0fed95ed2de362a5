// Small density models for tests.
#pragma once

#include <memory>

#include "apps/fit/fit_config.hpp"
#include "model/density/nhf.hpp"

namespace hamgen::tests {

// A model of points in `dimension` dimensions with few units; `changes`: nested JSON over its configuration.
// The configuration has to outlive nothing: models copy what they need of it.
template <class M = model::Nhf>
std::shared_ptr<M> small_flow(const apps::Json& changes = apps::Json::object(), std::int64_t dimension = 2) {
  apps::Json json{{"model", "nhf"},
                  {"flow", {{"hamiltonians", 3}, {"hidden", {16, 16}}}},
                  {"encoder", {{"hidden", {16, 16}}}}};
  if (changes.value("model", "nhf") != "nhf") json = {{"flow", {{"couplings", 4}, {"hidden", {16, 16}}}}};
  apps::merge(json, changes);
  const apps::FitConfig config = apps::fit_config_from_json(json);
  model::DataShape shape;
  shape.coordinates = dimension;
  return std::dynamic_pointer_cast<M>(config.model->make(config.settings, shape));
}

// Random weights of the size that training leads to: flows that bend.
inline void shake(torch::nn::Module& module, double size = 0.3) {
  const at::NoGradGuard no_grad;
  auto generator = model::make_generator(5);
  for (auto& parameter : module.parameters())
    parameter.add_(size * at::randn(parameter.sizes(), generator, parameter.options().dtype(at::kFloat)));
}

// Points of a normal distribution, fp64 [n, d].
inline at::Tensor normal_points(std::int64_t count, std::int64_t dimension, std::uint64_t seed = 3) {
  auto generator = model::make_generator(seed);
  return at::randn({count, dimension}, generator, at::TensorOptions(at::kDouble));
}

}  // namespace hamgen::tests
