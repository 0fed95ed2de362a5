// A Scene becomes an RGB8 frame: smoothed discs over a plain background, painted from back to front.
//
// The one place where world meets pixels. For a frame of W x W pixels, the centre of pixel (row i, column j) is at
//   x = center_x + ((2 j + 1) / W - 1) half_width,     y = center_y + (1 - (2 i + 1) / W) half_width
// (y up, row 0 on top). A disc of radius r covers a pixel at distance d from its centre with opacity
//   alpha(d) = sigmoid((r - d) / (2 half_width) * sharpness)
// so `sharpness` is per canvas width and the edge is equally soft at every frame size. Colours mix linearly
// in the 8-bit values (no gamma): value = alpha * disc + (1 - alpha) * what is behind. A rendered value
// differs from that formula by less than 1/255, wherever discs overlap.
#pragma once

#include <cstddef>
#include <vector>

#include "schemas/field.hpp"
#include "simulators/base/scene.hpp"

namespace hamgen::render {

struct Canvas {
  std::size_t size = 64;  // W: pixels along each side
  simulators::Color background{};
  double sharpness = 80;  // of the edge, per canvas width

  static std::vector<schemas::Field> fields();
  static Canvas from(const schemas::Settings& settings);

  std::size_t frame_bytes() const { return size * size * 3; }
};

// The pixel grid's coordinates in world units: x of each column, y of each row (offsets from the view's
// centre).
std::vector<double> column_x(std::size_t size, double half_width);
std::vector<double> row_y(std::size_t size, double half_width);

}  // namespace hamgen::render
