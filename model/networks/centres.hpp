// Where the centre of each colour is in every frame, through dense layers: what an encoder of vectors can see beside
// its convolutions. Centres are linear in pixels, and of discs on an even background linear in where the discs are
// (model/data/coarse_coordinates.hpp); so layers that smooth noise and differences in time do not have to learn first
// how to tell places from pixels.
#pragma once

#include <vector>

#include "model/networks/layers.hpp"

namespace hamgen::model {

class CentresImpl : public torch::nn::Module {
 public:
  static std::vector<schemas::Field> fields();
  CentresImpl(const std::vector<std::int64_t>& units, std::int64_t context, Initializer& initializer);
  // Centres of normalised frames [B, context, 6] -> features [B, units], after leaky ReLU.
  Tensor forward(const Tensor& centres) const;

  // Centres of normalised frames are counted from the first, [6], in units along the columns of the second, [6, 6].
  Tensor origin, axes;

 private:
  std::vector<Dense> layers_;
};
TORCH_MODULE(Centres);

}  // namespace hamgen::model
