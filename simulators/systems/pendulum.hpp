// A frictionless pendulum: a bob on a massless rod (paper sec. 4).
//
//   H(q, p) = f m g l (1 - cos q) + p^2 / (2 m l^2)
//
// q: angle from the lowest point (radian), p: angular momentum (mass length^2 / time), m: mass, g: gravity
// (length / time^2), l: rod (length). f = 2 as the paper prints it (the default); f = 1 is the physical
// pendulum of the same authors' later work. Closed form: Jacobi elliptic functions, for libration and
// rotation.
#pragma once

#include "simulators/base/system.hpp"

namespace hamgen::simulators {

SystemDescriptor pendulum();

}  // namespace hamgen::simulators
