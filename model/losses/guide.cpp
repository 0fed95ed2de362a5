#include "model/losses/guide.hpp"

#include <algorithm>

namespace hamgen::model {

std::vector<schemas::Field> GuideImpl::fields() {
  using namespace schemas;
  return {
      real(
          "objective.guide", 0, "",
          "weight, at the beginning, of how far positions are from the centres of colour that they stand for, in place "
          "of the pixels' variance; latent.shape = vector alone")
          .at_least(0),
      real("objective.guide_end", 0.4, "", "part of train.steps after which that weight is 0")
          .above(0)
          .at_most(1)};
}

GuideImpl::GuideImpl(const schemas::Settings& settings, std::int64_t coordinates,
                     std::shared_ptr<const CoarseCoordinates> coarse)
    : coarse_(std::move(coarse)),
      weight_(settings.real("objective.guide")),
      until_(settings.real("objective.guide_end")) {
  readout = register_parameter("readout", at::eye(coordinates));
}

double GuideImpl::weight(double progress) const {
  return coarse_ ? weight_ * coarse_->pixel_variance() * std::max(0.0, 1 - progress / until_) : 0;
}

Tensor GuideImpl::error(const Tensor& q, const Tensor& frames) const {
  const Tensor coarse = coarse_->of(frames);
  return (at::matmul(q.flatten(2), readout.narrow(0, 0, coarse.size(-1)).t()) - coarse).square().mean();
}

}  // namespace hamgen::model
