// Two masses on a relativistic orbit: Newton's gravity and its first post-Newtonian correction.
//
//   H(q, p) = p^2 / 2 - k / r
//             + (1 / c^2) { -(1 - 3 nu) p^4 / 8 - k [(3 + nu) p^2 + nu (n.p)^2] / (2 r) + k^2 / (2 r^2) }
//
// the 1PN two-body Hamiltonian in ADM coordinates, centre-of-mass frame, per reduced mass (Schaefer and
// Jaranowski 2018, doi:10.1007/s41114-018-0016-5, sec. 6). q = (x, y): the orbiting mass as seen from the
// central one (length), r = |q|, n = q / r; p: momentum per reduced mass (length / time); k = G M: M the
// total mass (length^3 / time^2); c: speed of light; nu = m_1 m_2 / M^2: 0 for a test particle, 1/4 for equal
// masses. The ellipse turns by 6 pi k / (c^2 a (1 - e^2)) per orbit, to this order.
//
// Start: r turns at a (1 - e) and a (1 + e), exactly in H. Energy and angular momentum L follow from H(r, p_r
// = 0, L) being equal there; divided by 1 / (a (1 - e)) - 1 / (a (1 + e)), that is a quadratic equation for
// L^2. The orbit's orientation, its sense and the mean anomaly of the start (r is that of Kepler's ellipse)
// are random.
//
// H is an expansion in k / (c^2 r), and not bounded below: where that is not small, there are no ellipses and
// no physics in it. Settings that let any orbit come nearer than k / (c^2 r) = 0.05 are refused.
#pragma once

#include "simulators/base/system.hpp"

namespace hamgen::simulators {

SystemDescriptor kepler_relativistic();

}  // namespace hamgen::simulators
