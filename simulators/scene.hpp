// What one instant of a system looks like, in world units: discs seen through a square window.
//
// World axes: x to the right, y up, in the system's unit of length. The renderer alone knows about pixels
// (render/canvas.hpp). Discs are listed from back to front (painter's order).
#pragma once

#include <array>
#include <string>
#include <vector>

#include "schemas/field.hpp"

namespace hamgen::simulators {

// Red, green, blue, each in [0, 1].
using Color = std::array<double, 3>;

// "#rrggbb" to a Color. Throws schemas::FieldError for anything else.
Color parse_color(const std::string& hex);

struct Disc {
  double x = 0, y = 0;  // centre, world units
  double radius = 1;    // world units
  Color color{1, 1, 1};
};

// The square window [center_x - half_width, center_x + half_width] x the same in y.
struct View {
  double center_x = 0, center_y = 0;
  double half_width = 1;
};

struct Scene {
  View view;
  std::vector<Disc> discs;
};

// How bodies become discs: the radius of a body of mass m is radius_scale * sqrt(m / pi) (paper-silent; the
// area of the disc is then proportional to the mass), body i has the i-th colour, cyclically.
class Look {
 public:
  static std::vector<schemas::Field> fields();
  explicit Look(const schemas::Settings& settings);

  double radius(double mass) const;  // world units
  const Color& color(std::size_t body) const { return colors_[body % colors_.size()]; }

 private:
  double radius_scale_;
  std::vector<Color> colors_;
};

}  // namespace hamgen::simulators
