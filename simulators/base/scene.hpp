// What one instant of a system looks like, in world units: tiles and discs seen through a square window.
//
// World axes: x to the right, y up, in the system's unit of length. The renderer alone knows about pixels
// (render/canvas.hpp). Tiles lie behind all discs, which are listed from back to front (painter's order).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "schemas/field.hpp"

namespace hamgen::simulators {

// Red, green, blue, each in [0, 1].
using Color = std::array<double, 3>;

// "#rrggbb" to a Color. Throws schemas::FieldError for anything else.
Color parse_color(const std::string& hex);
// The nearest "#rrggbb".
std::string to_hex(const Color& color);

struct Disc {
  double x = 0, y = 0;  // centre, world units
  double radius = 1;    // world units
  Color color{1, 1, 1};
  std::size_t body = 0;  // whose disc it is: Look gives it its colour
  bool is_copy = false;  // in a periodic world: the same body's disc, seen once more across the border
};

// A table of grey rectangles that fills the square [-half_width, half_width]^2, its first row at the top.
struct Tiles {
  std::size_t rows = 0, columns = 0;  // none: no table
  double half_width = 1;              // world units
  std::vector<double> values;         // [rows, columns], 0 black to 1 white
};

// The square window [center_x - half_width, center_x + half_width] x the same in y.
struct View {
  double center_x = 0, center_y = 0;
  double half_width = 1;
};

struct Scene {
  View view;
  Tiles tiles;
  std::vector<Disc> discs;
};

// The colour of a hue in [0, 1) turns (0 red, 1/3 green, 2/3 blue), saturation 0.65, value 0.95.
Color color_of_hue(double turns);

// How bodies become discs: the radius of a body of mass m is radius_scale * sqrt(m / pi) (paper-silent; the
// area of the disc is then proportional to the mass). Body i has the i-th of look.colors, cyclically; or,
// where look.hues is a number n, each body of each trajectory has one of n hues, evenly spaced, at random.
class Look {
 public:
  static std::vector<schemas::Field> fields();
  explicit Look(const schemas::Settings& settings);

  double radius(double mass) const;  // world units
  const Color& color(std::size_t body) const { return colors_[body % colors_.size()]; }

  // Hues to choose from; 0: the bodies have fixed colours.
  std::int64_t hues() const { return hues_; }
  // Gives every disc the colour of its body; `hues` (turns, one for each body) where they are drawn.
  void paint(std::vector<Disc>& discs, std::span<const double> hues) const;

 private:
  double radius_scale_;
  std::int64_t hues_ = 0;
  std::vector<Color> colors_;
};

}  // namespace hamgen::simulators
