// The opacity of a smoothed disc over a stretch of pixels, in 1.15 fixed point.
//
// Evaluating sigmoid((radius - distance) * sharpness) for every pixel costs more than everything else in a
// frame, and a dataset has few different radii. So the disc is drawn once for every node of a fine grid of
// sub-pixel positions, and any position is the bilinear mixture of its four neighbours: exact to a fraction
// of a grey level, since the grid is as fine as the edge's curvature asks for. Discs for which no such grid
// is small (very sharp edges, or so little that the centre's cusp shows) are evaluated directly. Which of the
// two happens depends on radius and sharpness alone. Sprites that would take too much memory are not kept but
// computed where they are needed; the values are the same.
#pragma once

#include <array>
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
  // Keeps at most `memory` bytes of values.
  OpacitySprites(const PixelDisc& disc, std::size_t memory);
  bool fits(const PixelDisc& disc) const { return disc.radius == radius_ && disc.sharpness == sharpness_; }
  bool is_empty() const { return grid_ == 0; }
  std::size_t bytes() const { return values_.size() * sizeof(std::int16_t); }  // of memory

  // Mixes the four neighbours of the disc's position. Values that are not kept are computed where the
  // stretches need them, in `scratch`: the same ones.
  void paint(const PixelDisc& disc, std::span<const Stretch> stretches, std::int16_t* alpha,
             std::vector<std::int16_t>& scratch) const;

 private:
  struct Node {
    int x, y;
  };
  struct Place {
    std::array<Node, 4> nodes;
    std::array<std::int16_t, 4> weights;           // 1.15, adding up to 1
    std::ptrdiff_t row_of_first, column_of_first;  // in the frame, of a sprite's first value
  };
  Place place_of(const PixelDisc& disc) const;
  // Values [first, first + count) of a row of the sprite at a node.
  void evaluate(Node node, std::ptrdiff_t row, std::ptrdiff_t first, std::size_t count,
                std::int16_t* alpha) const;

  double radius_, sharpness_;
  int grid_ = 0;              // nodes per pixel
  std::ptrdiff_t reach_ = 0;  // pixels to each side of the disc's
  std::size_t rows_ = 0, row_length_ = 0;
  std::vector<std::int16_t> values_;  // [grid + 1, grid + 1, rows, row_length], or not kept
};

// Fills stretch after stretch into `alpha`. Owns the sprites of the radii that were used last: one per
// thread.
class OpacityPainter {
 public:
  static constexpr std::size_t most_bytes = std::size_t{64} << 20;  // of sprites that are kept
  std::size_t kept_bytes() const;

  void paint(const PixelDisc& disc, std::span<const Stretch> stretches, std::int16_t* alpha);

 private:
  const OpacitySprites& sprites_for(const PixelDisc& disc);
  std::list<OpacitySprites> recent_;
  std::vector<std::int16_t> scratch_;
};

}  // namespace hamgen::render
