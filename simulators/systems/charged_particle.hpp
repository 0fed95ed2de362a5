// A charge in a homogeneous magnetic field at right angles to the plane, and in a harmonic trap.
//
//   H(q, p) = |p - e A(q)|^2 / (2 m) + k |q|^2 / 2,  A = B (-y, x) / 2  (symmetric gauge)
//
// q = (x, y): position (length), p: canonical momentum (mass length / time), m: mass, e: charge, B: field
// (mass / (charge time)), k: stiffness of the trap (mass / time^2), possibly 0.
//
// p is not m dq/dt: m dq/dt = p - e A(q). What assumes p = m v of observed positions and velocities, as
// Hamiltonian neural networks are usually trained, meets here a system for which that is wrong.
//
// Closed form: x + i y = a exp(i (W - w / 2) t) + b exp(-i (W + w / 2) t), two circles, with the cyclotron
// frequency w = e B / m and W^2 = (w / 2)^2 + k / m. Source: Fock 1928, doi:10.1007/BF01390750 (the quantum
// system of that Hamiltonian).
//
// Start: position at radius r ~ U(low, high) and velocity of magnitude v ~ U(low, high), both in uniform
// directions.
#pragma once

#include "simulators/base/system.hpp"

namespace hamgen::simulators {

SystemDescriptor charged_particle();

}  // namespace hamgen::simulators
