// A bead that slides without friction on a hoop, which turns about its vertical diameter: the worked example
// of docs/your-own-system.md. It lives in the tests alone.
//
//   H(q, p) = p^2 / (2 m r^2) + m g r (1 - cos q) - m r^2 w^2 sin^2 q / 2
//
// q: angle from the lowest point (radian), p: its momentum (mass length^2 / time), m: mass, g: gravity
// (length / time^2), r: radius of the hoop (length), w: its rate of turning (radian / time). Goldstein,
// Classical Mechanics, ch. 2: above w^2 = g / r the lowest point is unstable.
#pragma once

#include "simulators/base/system.hpp"

namespace hamgen::tests {

simulators::SystemDescriptor example_system();

}  // namespace hamgen::tests
