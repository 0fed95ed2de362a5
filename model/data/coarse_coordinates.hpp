// Coordinates of a motion that can be read off frames without learning anything: where the centre of each colour
// is. Of discs on an even background they are linear in where the discs are, wherever these are: two frames whose
// discs do not overlap are told apart, and by how much, which no error of pixels can do.
//
// Noise is new in every frame, motion is not: the covariance of one frame with the next has the motion alone, and
// its eigenvectors are the directions of the motion. Where there are more directions than the motion has
// coordinates (a pendulum's disc moves along an arc), distances along the data, through near neighbours, unroll them:
// Isomap (Tenenbaum, de Silva, Langford, Science 290, 2319, 2000).
#pragma once

#include <cstdint>

#include "model/base/torch.hpp"

namespace hamgen::model {

class CoarseCoordinates {
 public:
  // Of videos, u8 [N, T, H, W, 3] with T >= 2: as many coordinates as there are directions that move, and at most
  // `most`. Throws schemas::FieldError where nothing moves.
  CoarseCoordinates(const Tensor& videos, std::int64_t most);

  std::int64_t count() const { return count_; }
  // Directions of the motion along which frames' centres of colour move: at least count().
  std::int64_t directions() const { return axes_.size(1); }
  // u8 [..., H, W, 3] -> fp32 [..., count()] on the same device; over the videos' frames each has mean 0 and, noise left
  // out where nothing was unrolled, variance 1.
  Tensor of(const Tensor& frames) const;
  // Of pixels about their mean over the videos, (value / 255)^2.
  double pixel_variance() const { return pixel_variance_; }

 private:
  void unroll(const Tensor& points);            // [n, directions()]
  Tensor unrolled(const Tensor& points) const;  // [n, directions()] -> [n, count()]

  std::int64_t count_ = 0;
  double pixel_variance_ = 0;
  Tensor mean_, axes_;              // [6], [6, directions()]: of centres of colour
  Tensor landmarks_, coordinates_;  // [n, directions()], [n, count()]; undefined where nothing was unrolled
};

}  // namespace hamgen::model
