// A spherical pendulum: a bob on a rigid massless rod that may swing in every direction.
//
//   H(q, p) = p_theta^2 / (2 m l^2) + p_phi^2 / (2 m l^2 sin^2 theta) + m g l (1 - cos theta)
//
// q = (theta, phi): angle from the lowest point and azimuth (radian); p: their momenta (mass length^2 /
// time), p_phi the angular momentum about the vertical; m: mass, g: gravity (length / time^2), l: rod
// (length). Landau and Lifshitz, Mechanics, sec. 14, problem 1.
//
// Start: theta swings between theta_1 = start.lowest and theta_2 = start.highest. With u = cos theta, time in
// units of sqrt(l / g) and p_phi in m l^2 sqrt(g / l), energy and p_phi follow from the turning points,
//
//   u'^2 = 2 (u_1 - u) (u - u_2) (u - u_3),  u_3 = -(1 + u_1 u_2) / (u_1 + u_2),
//   p_phi^2 = 2 sin^2 theta_1 sin^2 theta_2 / (u_1 + u_2),
//
// without a difference of like numbers; theta_1 = theta_2 is the conical pendulum. u_1 + u_2 > 0 is what
// gravity demands of a swing. The coordinates are singular at theta = 0: the bob comes no closer to it than
// theta_1, where it turns at the rate p_phi / sin^2 theta_1, so theta_1 > 0 bounds what the solver has to
// resolve. The start is at a random phase of the swing, azimuth and sense.
//
// View: from `look.elevation` above the horizon, in parallel projection, the pivot at the centre. From above
// (90 degrees, the default) the picture tells every state with theta < pi / 2 from every other. From
// elsewhere, or for wider swings, `look.depth` makes the disc grow as it comes nearer, which tells front from
// back; every frame then has a radius of its own, and drawing takes several times as long.
#pragma once

#include "simulators/base/system.hpp"

namespace hamgen::simulators {

SystemDescriptor rigid_pendulum_3d();

}  // namespace hamgen::simulators
