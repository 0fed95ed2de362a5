// Coordinates of a motion that can be read off frames without learning anything: where the centre of each colour
// is. Of discs on an even background they are linear in where the discs are, wherever these are: two frames whose
// discs do not overlap are told apart, and by how much, which no error of pixels can do.
//
// Noise is new in every frame, motion is not: covariances of frames with later ones have the motion alone, and the
// eigenvectors of the sum of their squares (several lags, so that no period hides) are the directions of the motion.
// What differs between videos and not within them counts as motion, too. Where there are more directions than the
// motion has coordinates (a pendulum's disc moves along an arc), distances along the data, through near neighbours,
// unroll them: Isomap (Tenenbaum, de Silva, Langford, Science 290, 2319, 2000).
#pragma once

#include <cstdint>
#include <memory>

#include "model/base/torch.hpp"

namespace hamgen::model {

class CoarseCoordinates {
 public:
  // Of videos' centres of colour, [N, T, 6] with T >= 2: as many coordinates as there are directions that move, or
  // `most`, where the directions unroll into so many: a closed curve does not unroll into one, and keeps its two. Throws
  // schemas::FieldError where nothing moves.
  CoarseCoordinates(const Tensor& centres, std::int64_t most);

  std::int64_t count() const { return count_; }
  // Directions along which the centres of colour move: at least count().
  std::int64_t directions() const { return axes_.size(1); }
  // u8 [..., H, W, 3] -> fp32 [..., count()] on the same device; over the videos each has mean 0 and variance 1, noise
  // included.
  Tensor of(const Tensor& frames) const;

  // The mean centres, [6], and the directions along which they move, [6, directions()], so long that the motion along each has
  // variance 1, or along the widest of those that are unrolled.
  const Tensor& mean() const { return mean_; }
  const Tensor& axes() const { return axes_; }

  CoarseCoordinates on(const at::Device& device) const;
  // All that of() depends on, so that processes can share it; and back.
  std::vector<Tensor> tensors() const { return {mean_, axes_, landmarks_, coordinates_}; }
  explicit CoarseCoordinates(const std::vector<Tensor>& tensors);

 private:
  void unroll(const Tensor& points, std::int64_t most);  // [n, directions()]
  Tensor unrolled(const Tensor& points) const;           // [n, directions()] -> [n, count()]

  std::int64_t count_ = 0;
  Tensor mean_, axes_;              // [6], [6, directions()]
  Tensor landmarks_, coordinates_;  // [n, directions()], [n, count()]; n = 0 where nothing was unrolled
};

}  // namespace hamgen::model
