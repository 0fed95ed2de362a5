#include "render/canvas.hpp"

#include <algorithm>

namespace hamgen::render {

std::vector<schemas::Field> Canvas::fields() {
  using namespace schemas;
  return {
      integer("image.size", 64, "pixel", "width and height of a frame").at_least(8).at_most(1024).multiple(8),
      text("look.background", "#52595e", "colour behind the discs; black is reported to train badly")
          .colors(),
      real("look.sharpness", 80, "1 / canvas width",
           "k of a disc's edge: opacity = sigmoid((radius - distance) k)")
          .above(0),
  };
}

Canvas Canvas::from(const schemas::Settings& settings) {
  return {.size = static_cast<std::size_t>(settings.integer("image.size")),
          .background = simulators::parse_color(settings.text("look.background")),
          .sharpness = settings.real("look.sharpness")};
}

std::vector<double> column_x(std::size_t size, double half_width) {
  std::vector<double> x(size);
  for (std::size_t j = 0; j < size; ++j)
    x[j] = ((2.0 * static_cast<double>(j) + 1) / static_cast<double>(size) - 1) * half_width;
  return x;
}

std::vector<double> row_y(std::size_t size, double half_width) {
  std::vector<double> y = column_x(size, half_width);
  std::ranges::reverse(y);
  return y;
}

}  // namespace hamgen::render
