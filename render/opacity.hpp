// The opacity of a smoothed disc over a stretch of pixels, in 1.15 fixed point.
//
// Evaluating sigmoid((radius - distance) * sharpness) for every pixel costs more than everything else in a
// frame, and a dataset has few different radii. So the disc is drawn once for every node of a fine grid of
// sub-pixel positions, and any position is the bilinear mixture of its four neighbours: exact to a fraction
// of a grey level, since the grid is as fine as the edge's curvature asks for. Discs for which no such grid
// is small (very sharp edges, or so little that the centre's cusp shows) are evaluated directly. Which of the
// two happens depends on radius and sharpness alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <span>
#include <vector>

#include "render/disc_geometry.hpp"

namespace hamgen::render {

// A stretch of one row of pixels that a disc reaches; `count` is a multiple of `stretch_unit`.
struct Stretch {
  std::size_t row, begin, count;
};
inline constexpr std::size_t stretch_unit = 8;

inline constexpr std::int16_t opaque = 32760;  // 1 in fixed point, with room for four roundings

// The disc at every node of the grid. Empty for discs that have to be evaluated directly.
class OpacitySprites {
 public:
  explicit OpacitySprites(const PixelDisc& disc);
  bool fits(const PixelDisc& disc) const { return disc.radius == radius_ && disc.sharpness == sharpness_; }
  bool is_empty() const { return values_.empty(); }

  // The four neighbours of a position, to be mixed with these weights (1.15, adding up to 1).
  struct Mixture {
    const std::int16_t* sprites[4];
    std::int16_t weights[4];
    std::ptrdiff_t row_of_first, column_of_first;  // in the frame, of the sprites' first value
    std::size_t row_length;
  };
  Mixture at(const PixelDisc& disc) const;

 private:
  double radius_, sharpness_;
  int grid_ = 0;              // nodes per pixel
  std::ptrdiff_t reach_ = 0;  // pixels to each side of the disc's
  std::size_t rows_ = 0, row_length_ = 0;
  std::vector<std::int16_t> values_;  // [grid + 1, grid + 1, rows, row_length]
};

// Fills stretch after stretch into `alpha`. Owns the sprites of the radii that were used last: one per
// thread.
class OpacityPainter {
 public:
  void paint(const PixelDisc& disc, std::span<const Stretch> stretches, std::int16_t* alpha);

 private:
  const OpacitySprites& sprites_for(const PixelDisc& disc);
  std::list<OpacitySprites> recent_;
};

}  // namespace hamgen::render
