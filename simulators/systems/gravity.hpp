// Point masses under mutual gravity in the plane: what the systems made of them share.
//
//   H(q, p) = sum_i |p_i|^2 / (2 m_i) - sum_{i<j} g m_i m_j / |q_j - q_i|
//
// q = (x_1, y_1, x_2, y_2, ...), p likewise; m: one mass for each body; g: gravitational constant.
#pragma once

#include "simulators/base/system.hpp"

namespace hamgen::simulators::gravity {

double energy(double g, Reals m, Reals q, Reals p);
void dH_dq(double g, Reals m, Reals q, MutableReals out);
void dH_dp(Reals m, Reals p, MutableReals out);

// Moves positions (or velocities) into the frame in which their mass-weighted mean vanishes.
void remove_mean(Reals m, MutableReals vectors);

std::vector<std::string> coordinate_names(std::size_t bodies);
Portrait portrait(std::size_t bodies);

}  // namespace hamgen::simulators::gravity
