// At the beginning of training: the rollout's positions have to be, up to a linear map that is learned with them, the
// coarse coordinates of the frames (coarse_coordinates.hpp),
//
//   weight * pixel variance * mean over frames and coordinates of |R q_t - c_t|^2,
//
// a weight that falls to 0 in a straight line. An error of pixels alone cannot begin with few coordinates: discs that do
// not overlap give no gradient, and a map from frames to few coordinates begins folded, with two places of a disc at
// one q, and cannot unfold but through itself. R lets q be what makes H simple, such as coordinates of equal mass.
#pragma once

#include <memory>

#include "model/data/data_shape.hpp"
#include "schemas/field.hpp"

namespace hamgen::model {

class GuideImpl : public torch::nn::Module {
 public:
  static std::vector<schemas::Field> fields();
  // For positions of `coordinates` numbers. Without coarse coordinates, of a model that is only used, its weight is 0.
  // Throws schemas::FieldError where the coarse coordinates are more.
  GuideImpl(const schemas::Settings& settings, std::int64_t coordinates, const DataShape& shape);

  // progress: the part of the training that is done.
  double weight(double progress) const;
  // [], of q [B, T, D, 1, 1] and the frames where it is, u8 [B, T, H, W, 3]; not weighted.
  Tensor error(const Tensor& q, const Tensor& frames);

  Tensor readout;  // R [D, D]: its first rows, where there are fewer coarse coordinates

 private:
  std::shared_ptr<const CoarseCoordinates> coarse_;
  at::Device device_ = at::kCPU;  // where these are
  double weight_, until_;
};
TORCH_MODULE(Guide);

}  // namespace hamgen::model
