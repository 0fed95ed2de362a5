// A double pendulum: a bob on a massless rod, and a second one on a rod that hangs from the first bob.
//
//   H(q, p) = p_2^2 / (2 m_2 l_2^2) + (p_1 - (l_1 / l_2) p_2 cos(q_1 - q_2))^2 / (2 l_1^2 M)
//             + (m_1 + m_2) g l_1 (1 - cos q_1) + m_2 g l_2 (1 - cos q_2),
//   M = m_1 + m_2 sin^2(q_1 - q_2)
//
// q_i: angle of rod i from the vertical, 0 hanging (radian), p_i: its canonical momentum (mass length^2 /
// time), m_i: masses, l_i: rods (length), g: gravity (length / time^2). The kinetic energy is the usual
//   [m_2 l_2^2 p_1^2 + (m_1 + m_2) l_1^2 p_2^2 - 2 m_2 l_1 l_2 p_1 p_2 cos(q_1 - q_2)]
//     / (2 m_2 l_1^2 l_2^2 M)
// as a sum of squares, so that nothing cancels and H >= 0, with H = 0 at rest at the bottom.
//
// Source: Landau and Lifshitz, Mechanics, sec. 5, problem 1 (the Lagrangian); chaos: Shinbrot, Grebogi,
// Wisdom, Yorke 1992, doi:10.1119/1.16860.
//
// Start: each pair (q_i, p_i) on a circle of its own in phase space, as the pendulum's.
#pragma once

#include "simulators/base/system.hpp"

namespace hamgen::simulators {

SystemDescriptor double_pendulum();

}  // namespace hamgen::simulators
