// Point masses under mutual gravity in the plane: what the systems made of them share.
//
//   H(q, p) = sum_i |p_i|^2 / (2 m_i) - sum_{i<j} g m_i m_j / |q_j - q_i|
//
// q = (x_1, y_1, x_2, y_2, ...), p likewise; m: one mass for each body; g: gravitational constant. A
// trajectory's constants are c = (g, m_1, m_2, ...).
#pragma once

#include "simulators/systems/planar.hpp"

namespace hamgen::simulators::gravity {

double energy(double g, Reals m, Reals q, Reals p);
void dH_dq(double g, Reals m, Reals q, MutableReals out);
void dH_dp(Reals m, Reals p, MutableReals out);

// Moves positions (or velocities) into the frame in which their mass-weighted mean vanishes.
void remove_mean(Reals m, MutableReals vectors);

// What such a system is, but for its bodies: how many they are, where they start, what they look like.
class PointMasses : public System {
 public:
  std::size_t dimension() const final { return 2 * bodies(); }
  std::vector<std::string> coordinate_names() const final { return planar_names(bodies()); }
  double energy(Reals c, Reals q, Reals p) const final { return gravity::energy(c[0], c.subspan(1), q, p); }
  void dH_dq(Reals c, Reals q, Reals, MutableReals out) const final {
    gravity::dH_dq(c[0], c.subspan(1), q, out);
  }
  void dH_dp(Reals c, Reals, Reals p, MutableReals out) const final { gravity::dH_dp(c.subspan(1), p, out); }
  PortraitAxes portrait_axes() const final { return planar_axes(bodies()); }
};

}  // namespace hamgen::simulators::gravity
