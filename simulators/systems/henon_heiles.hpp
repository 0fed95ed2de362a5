// A star in the plane of a galaxy: Henon and Heiles's potential, regular at low energies, chaotic at high
// ones.
//
//   H(q, p) = (p_x^2 + p_y^2) / 2 + (x^2 + y^2) / 2 + lambda (x^2 y - y^3 / 3)
//
// q = (x, y): position (length), p: momentum, for unit mass and unit frequency of small swings; lambda (mass
// / (length time^2)). In polar coordinates the potential is V = r^2 / 2 + lambda r^3 sin(3 phi) / 3: it has
// the symmetry of a triangle, whose sides are where V = 1 / (6 lambda^2), the energy of escape at its
// corners.
//
// Source: Henon and Heiles 1964, doi:10.1086/109234 (with lambda = 1).
//
// Start: E ~ U(low, high), below the energy of escape, then uniform on the energy surface within the
// triangle: by Liouville's measure, delta(H - E) dq dp. With two degrees of freedom that is a position
// uniform over the area where V <= E and a direction of momentum that is uniform too. The motion stays in
// that area.
#pragma once

#include "simulators/base/system.hpp"

namespace hamgen::simulators {

SystemDescriptor henon_heiles();

}  // namespace hamgen::simulators
