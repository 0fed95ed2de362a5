// Omega = [[0, I], [-I, 0]]: what canonical maps keep.
#pragma once

#include "model/base/torch.hpp"

namespace hamgen::model {

// Of 2k x 2k, fp64.
inline Tensor symplectic_form(std::int64_t k, const at::Device& device = at::kCPU) {
  const auto options = at::TensorOptions(at::kDouble).device(device);
  const Tensor one = at::eye(k, options), none = at::zeros({k, k}, options);
  return at::cat({at::cat({none, one}, 1), at::cat({-one, none}, 1)});
}

}  // namespace hamgen::model
