#include "simulators/base/scene.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace hamgen::simulators {

Color parse_color(const std::string& hex) {
  if (hex.size() != 7 || hex[0] != '#' ||
      hex.find_first_not_of("0123456789abcdefABCDEF", 1) != std::string::npos)
    throw schemas::FieldError("\"" + hex + "\" is not a colour: expected a text like \"#1f77b4\"");
  Color color;
  for (std::size_t c = 0; c < 3; ++c) color[c] = std::stoi(hex.substr(1 + 2 * c, 2), nullptr, 16) / 255.0;
  return color;
}

std::string to_hex(const Color& color) {
  constexpr char digits[] = "0123456789abcdef";
  std::string hex = "#";
  for (const double component : color) {
    const auto byte = static_cast<unsigned>(std::lround(255 * component));
    hex += digits[byte / 16];
    hex += digits[byte % 16];
  }
  return hex;
}

// Smith 1978, doi:10.1145/965139.807361: HSV to RGB.
Color color_of_hue(double turns) {
  constexpr double saturation = 0.65, value = 0.95;
  Color color;
  for (std::size_t c = 0; c < 3; ++c) {
    const double sector = std::fmod(6 * turns + std::array{5.0, 3.0, 1.0}[c], 6.0);
    color[c] = value * (1 - saturation * std::clamp(std::min(sector, 4 - sector), 0.0, 1.0));
  }
  return color;
}

std::vector<schemas::Field> Look::fields() {
  using namespace schemas;
  return {
      real("look.radius_scale", 1.0, "1", "a body of mass m is a disc of radius radius_scale * sqrt(m / pi)")
          .above(0),
      texts("look.colors",
            {"#e8c547", "#4cc9f0", "#f25f5c", "#70c1b3", "#b388eb", "#f79d5c", "#ffffff", "#9fd356"},
            "colour of each body, repeated when there are more bodies")
          .colors()
          .items(1, 4096),
      integer("look.hues", 6, "",
              "each body of each trajectory has one of so many hues, drawn at random and stored in "
              "`parameters`; null: look.colors")
          .at_least(1)
          .at_most(1'000'000)
          .or_automatic(),
  };
}

Look::Look(const schemas::Settings& settings)
    : radius_scale_(settings.real("look.radius_scale")),
      hues_(settings.is_automatic("look.hues") ? 0 : settings.integer("look.hues")) {
  for (const std::string& hex : settings.texts("look.colors")) colors_.push_back(parse_color(hex));
}

void Look::paint(std::vector<Disc>& discs, std::span<const double> hues) const {
  for (Disc& disc : discs) disc.color = hues_ == 0 ? color(disc.body) : color_of_hue(hues[disc.body]);
}

double Look::radius(double mass) const {
  return radius_scale_ * std::sqrt(mass / std::numbers::pi);
}

}  // namespace hamgen::simulators
