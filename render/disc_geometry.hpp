// A disc in pixel units, as both painters need it (the mapping of canvas.hpp).
#pragma once

#include <cmath>

#include "render/canvas.hpp"

namespace hamgen::render {

struct PixelDisc {
  double column, row;  // centre; the centre of pixel (i, j) is at row i + 0.5, column j + 0.5
  double radius;
  double sharpness;  // of the edge, per pixel
  double reach;      // distance beyond which the opacity is below 1/2550, a tenth of a grey level

  double opacity(double distance) const { return 1 / (1 + std::exp((distance - radius) * sharpness)); }
};

inline PixelDisc to_pixels(const Canvas& canvas, const simulators::View& view, const simulators::Disc& disc) {
  const double width = static_cast<double>(canvas.size);
  const double scale = width / (2 * view.half_width);  // pixels per world unit
  const double sharpness = canvas.sharpness / width;
  const double radius = disc.radius * scale;
  return {width / 2 + (disc.x - view.center_x) * scale, width / 2 - (disc.y - view.center_y) * scale, radius,
          sharpness, radius + std::log(2550.0) / sharpness};
}

}  // namespace hamgen::render
