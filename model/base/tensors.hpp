// Tensors by name, and as plain numbers.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "model/base/torch.hpp"

namespace hamgen::model {

using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

// The elements of a tensor on any device, row by row.
std::vector<double> to_vector(const Tensor& values);

}  // namespace hamgen::model
