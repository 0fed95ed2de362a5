// Names and portraits of points in the plane, q = (x_1, y_1, x_2, y_2, ...).
#pragma once

#include "simulators/base/system.hpp"

namespace hamgen::simulators {

std::vector<std::string> planar_names(std::size_t bodies);  // x_1, y_1, ...
PortraitAxes planar_axes(std::size_t bodies);               // each body's place

}  // namespace hamgen::simulators
