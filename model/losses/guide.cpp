#include "model/losses/guide.hpp"

#include <algorithm>

namespace hamgen::model {

std::vector<schemas::Field> GuideImpl::fields() {
  using namespace schemas;
  return {
      real(
          "objective.guide", 0, "",
          "weight, at the beginning, of the mean squared difference between positions, mapped linearly, and the "
          "frames' centres of colour, in units of the pixels' variance; only for latent.shape = vector")
          .at_least(0),
      real("objective.guide_end", 0.4, "", "part of train.steps over which that weight falls to 0")
          .above(0)
          .at_most(1)};
}

GuideImpl::GuideImpl(const schemas::Settings& settings, std::int64_t coordinates, const DataShape& shape)
    : coarse_(shape.coarse),
      weight_(settings.real("objective.guide") * shape.pixel_variance),
      until_(settings.real("objective.guide_end")) {
  if (coarse_ && coarse_->count() > coordinates)
    throw schemas::FieldError("latent.dimension = " + std::to_string(coordinates) +
                              " is not allowed with objective.guide: the train split's frames move along " +
                              std::to_string(coarse_->count()) +
                              " directions, which do not unroll into fewer; null takes as many");
  readout = register_parameter("readout", at::eye(coordinates));
}

double GuideImpl::weight(double progress) const {
  return coarse_ ? weight_ * std::max(0.0, 1 - progress / until_) : 0;
}

Tensor GuideImpl::error(const Tensor& q, const Tensor& frames) {
  if (frames.device() != device_) {
    device_ = frames.device();
    coarse_ = std::make_shared<CoarseCoordinates>(coarse_->on(device_));
  }
  const Tensor coarse = coarse_->of(frames);
  return (at::matmul(q.flatten(2), readout.narrow(0, 0, coarse.size(-1)).t()) - coarse).square().mean();
}

}  // namespace hamgen::model
