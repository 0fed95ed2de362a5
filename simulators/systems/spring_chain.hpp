// A chain of masses and anharmonic springs between two walls: Fermi, Pasta, Ulam and Tsingou's.
//
//   H(q, p) = sum_{i=1}^n p_i^2 / (2 m) + sum_{i=0}^n V(q_{i+1} - q_i),  q_0 = q_{n+1} = 0,
//   V(d) = k d^2 / 2 + alpha d^3 / 3 + beta d^4 / 4
//
// q_i: displacement of mass i from rest (length), p_i: its momentum (mass length / time), m: mass, k:
// stiffness (mass / time^2), alpha (mass / (length time^2)), beta (mass / (length^2 time^2)). Without alpha
// and beta the normal modes sin(pi j i / (n + 1)), of frequency w_j = 2 sqrt(k / m) sin(pi j / (2 (n + 1))),
// do not mix.
//
// Source: Fermi, Pasta, Ulam 1955, Studies of nonlinear problems, doi:10.2172/4376203; Ford 1992,
// doi:10.1016/0370-1573(92)90116-H.
//
// Shown: the masses side by side along x, `look.spacing` apart, and each displacement upwards, where it is
// clearest to see. (The springs know nothing of that: the displacements may as well be along the chain.)
//
// Start: the lowest modes 1..s share the harmonic energy that mode 1 alone has at amplitude A ~ U(low, high),
// with uniform phases; the shares are those of a uniform direction in the 2 s dimensions of amplitudes and
// phases.
#pragma once

#include "simulators/base/system.hpp"

namespace hamgen::simulators {

SystemDescriptor spring_chain();

}  // namespace hamgen::simulators
