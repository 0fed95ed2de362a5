// A frictionless mass on a spring (paper sec. 4).
//
//   H(q, p) = k q^2 / 2 + p^2 / (2 m)
//
// q: displacement (length), p: momentum (mass length / time), m: mass, k: stiffness (mass / time^2).
// Closed form: q(t) = q0 cos(w t) + p0 / (m w) sin(w t),  w = sqrt(k / m).
#pragma once

#include "simulators/base/system.hpp"

namespace hamgen::simulators {

SystemDescriptor mass_spring();

}  // namespace hamgen::simulators
