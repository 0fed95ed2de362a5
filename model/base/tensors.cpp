#include "model/base/tensors.hpp"

namespace hamgen::model {

std::vector<double> to_vector(const Tensor& values) {
  const Tensor flat = values.detach().to(at::kCPU, at::kDouble).contiguous();
  return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
}

}  // namespace hamgen::model
