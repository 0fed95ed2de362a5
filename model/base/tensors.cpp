#include "model/base/tensors.hpp"

namespace hamgen::model {

std::vector<double> to_vector(const Tensor& values) {
  const Tensor flat = values.detach().to(at::kCPU, at::kDouble).contiguous();
  return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
}

Tensor centres_of_colour(const Tensor& images) {
  const auto places = [&](std::int64_t size) {
    return (at::arange(size, images.options()) + 0.5) * 2 / size - 1;
  };
  const Tensor columns = images.mean(2), rows = images.mean(3);  // [n, C, W], [n, C, H]
  return at::cat({(columns * places(columns.size(2))).mean(2), (rows * places(rows.size(2))).mean(2)}, 1);
}

}  // namespace hamgen::model
