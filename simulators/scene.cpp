#include "simulators/scene.hpp"

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
  };
}

Look::Look(const schemas::Settings& settings) : radius_scale_(settings.real("look.radius_scale")) {
  for (const std::string& hex : settings.texts("look.colors")) colors_.push_back(parse_color(hex));
}

double Look::radius(double mass) const {
  return radius_scale_ * std::sqrt(mass / std::numbers::pi);
}

}  // namespace hamgen::simulators
