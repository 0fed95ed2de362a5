// Exact solutions of the systems that have one. Nothing here is shared with the solvers under test.
#pragma once

#include <boost/math/special_functions/ellint_1.hpp>
#include <boost/math/special_functions/jacobi_elliptic.hpp>
#include <cmath>
#include <numbers>
#include <utility>
#include <vector>

namespace hamgen::tests {

// One degree of freedom: position (or angle) and momentum.
struct Phase {
  double q, p;
};

// m q'' = -k q.
inline Phase spring_at(double m, double k, Phase start, double t) {
  const double w = std::sqrt(k / m);
  return {start.q * std::cos(w * t) + start.p / (m * w) * std::sin(w * t),
          start.p * std::cos(w * t) - start.q * m * w * std::sin(w * t)};
}

// theta'' = -w^2 sin(theta), from angle q and angular velocity v at t = 0; `inertia` = p / v.
//
// With k^2 = sin^2(theta / 2) + (theta' / 2 w)^2, a constant of the motion:
//   k < 1, libration:  sin(theta / 2) = k sn(u | k),  theta' = 2 w k cn(u | k),  u = w t + u_0;
//   k > 1, rotation:   theta / 2 = am(u | 1/k),  theta' = 2 w k dn(u | 1/k),  u = w k t + u_0, for theta' >
//   0.
// In extended precision: near the separatrix (k = 1) the formulae lose digits.
inline Phase pendulum_at(double w_squared, double inertia, Phase start, double time) {
  using Real = long double;
  using boost::math::ellint_1, boost::math::jacobi_elliptic;
  const Real w = std::sqrt(Real(w_squared)), t = time;
  const Real sense = start.p < 0 ? -1 : 1;  // by symmetry, solve for theta' >= 0 at the start
  const Real half_angle = sense * start.q / 2, rate = sense * start.p / Real(inertia) / (2 * w);
  const Real k = std::hypot(std::sin(half_angle), rate);
  Real cn, dn, theta, velocity;
  if (k < 1) {
    const Real turns =
        std::round(half_angle / std::numbers::pi_v<Real>);  // whole turns the angle starts with
    const Real flip = std::fmod(std::abs(turns), Real(2)) == 1 ? -1 : 1;
    const Real u = w * t + ellint_1(k, std::atan2(flip * std::sin(half_angle), rate));
    const Real sn = jacobi_elliptic(k, u, &cn, &dn);
    theta = 2 * (std::atan2(k * sn, dn) + turns * std::numbers::pi_v<Real>);
    velocity = 2 * w * k * cn;
  } else {
    const Real u = w * k * t + ellint_1(1 / k, half_angle);
    const Real sn = jacobi_elliptic(1 / k, u, &cn, &dn);
    const Real turns = std::round(u / (4 * ellint_1(1 / k)));
    theta = 2 * (std::atan2(sn, cn) + 2 * std::numbers::pi_v<Real> * turns);
    velocity = 2 * w * k * dn;
  }
  return {static_cast<double>(sense * theta), static_cast<double>(sense * velocity * inertia)};
}

// Two masses on an elliptic orbit about their resting centre of mass.
struct KeplerOrbit {
  double m1, m2, g;
  double semi_major, eccentricity;
  double orientation;  // of the pericentre, radian
  double anomaly;      // mean anomaly at t = 0, radian

  double mean_motion() const { return std::sqrt(g * (m1 + m2) / (semi_major * semi_major * semi_major)); }
  double period() const { return 2 * std::numbers::pi / mean_motion(); }

  // q = (x_1, y_1, x_2, y_2) and p at time t.
  std::pair<std::vector<double>, std::vector<double>> at(double t) const {
    const double e = eccentricity, n = mean_motion();
    const double mean = std::remainder(anomaly + n * t, 2 * std::numbers::pi);
    double E = mean + (mean < 0 ? -e : e);  // Kepler's equation E - e sin E = mean, by Newton
    for (int i = 0; i < 50; ++i) E -= (E - e * std::sin(E) - mean) / (1 - e * std::cos(E));
    const double b = std::sqrt(1 - e * e), rate = n / (1 - e * std::cos(E));
    const double x = semi_major * (std::cos(E) - e), y = semi_major * b * std::sin(E);
    const double vx = -semi_major * rate * std::sin(E), vy = semi_major * b * rate * std::cos(E);
    const double c = std::cos(orientation), s = std::sin(orientation);
    const double rx = c * x - s * y, ry = s * x + c * y, ux = c * vx - s * vy, uy = s * vx + c * vy;
    const double total = m1 + m2, reduced = m1 * m2 / total;
    return {{-m2 / total * rx, -m2 / total * ry, m1 / total * rx, m1 / total * ry},
            {-reduced * ux, -reduced * uy, reduced * ux, reduced * uy}};
  }
};

}  // namespace hamgen::tests
