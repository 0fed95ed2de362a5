// Point masses under mutual gravity in the plane (paper sec. 4).
//
//   H(q, p) = sum_i |p_i|^2 / (2 m_i) - sum_{i<j} g m_i m_j / |q_j - q_i|
//
// q = (x_1, y_1, x_2, y_2, ...): positions (length); p likewise: momenta (mass length / time); m_i: masses;
// g: gravitational constant (length^3 / (mass time^2)).
//
// Start: the bodies stand evenly on a circle of radius r ~ U(low, high) at a uniform angle, about their
// centre of mass, each with the velocity of the local circular orbit (exact for two bodies, for three bodies
// of any masses and for n equal masses), in either sense of rotation; then each velocity component is
// multiplied by 1 + nu U(-1, 1).
#pragma once

#include "simulators/base/system.hpp"

namespace hamgen::simulators {

SystemDescriptor two_body();
SystemDescriptor three_body();
SystemDescriptor n_body();

}  // namespace hamgen::simulators
