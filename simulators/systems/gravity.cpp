#include "simulators/systems/gravity.hpp"

#include <cmath>

namespace hamgen::simulators::gravity {

double energy(double g, Reals m, Reals q, Reals p) {
  double kinetic = 0, potential = 0;
  for (std::size_t i = 0; i < m.size(); ++i) {
    kinetic += (p[2 * i] * p[2 * i] + p[2 * i + 1] * p[2 * i + 1]) / (2 * m[i]);
    for (std::size_t j = i + 1; j < m.size(); ++j) {
      const double dx = q[2 * j] - q[2 * i], dy = q[2 * j + 1] - q[2 * i + 1];
      potential -= g * m[i] * m[j] / std::sqrt(dx * dx + dy * dy);
    }
  }
  return kinetic + potential;
}

void dH_dq(double g, Reals m, Reals q, MutableReals out) {
  for (double& component : out) component = 0;
  for (std::size_t i = 0; i < m.size(); ++i) {
    const double x = q[2 * i], y = q[2 * i + 1], g_m = g * m[i];
    double out_x = out[2 * i], out_y = out[2 * i + 1];
    for (std::size_t j = i + 1; j < m.size(); ++j) {
      const double dx = q[2 * j] - x, dy = q[2 * j + 1] - y;
      const double square = dx * dx + dy * dy;
      const double pull = g_m * m[j] / (square * std::sqrt(square));
      out_x -= pull * dx;
      out_y -= pull * dy;
      out[2 * j] += pull * dx;
      out[2 * j + 1] += pull * dy;
    }
    out[2 * i] = out_x;
    out[2 * i + 1] = out_y;
  }
}

void dH_dp(Reals m, Reals p, MutableReals out) {
  for (std::size_t i = 0; i < m.size(); ++i) {
    out[2 * i] = p[2 * i] / m[i];
    out[2 * i + 1] = p[2 * i + 1] / m[i];
  }
}

void remove_mean(Reals m, MutableReals vectors) {
  double total = 0, x = 0, y = 0;
  for (std::size_t i = 0; i < m.size(); ++i) {
    total += m[i];
    x += m[i] * vectors[2 * i];
    y += m[i] * vectors[2 * i + 1];
  }
  for (std::size_t i = 0; i < m.size(); ++i) {
    vectors[2 * i] -= x / total;
    vectors[2 * i + 1] -= y / total;
  }
}

}  // namespace hamgen::simulators::gravity
