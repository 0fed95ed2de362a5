#include "simulators/systems/planar.hpp"

namespace hamgen::simulators {

std::vector<std::string> planar_names(std::size_t bodies) {
  std::vector<std::string> names;
  for (std::size_t body = 1; body <= bodies; ++body)
    for (const char* axis : {"x_", "y_"}) names.push_back(axis + std::to_string(body));
  return names;
}

PortraitAxes planar_axes(std::size_t bodies) {
  PortraitAxes axes{{}, "x", "y"};
  for (std::size_t body = 0; body < bodies; ++body) axes.planes.emplace_back(2 * body, 2 * body + 1);
  return axes;
}

}  // namespace hamgen::simulators
