#include "simulators/systems/kepler.hpp"

#include <cmath>
#include <numbers>

namespace hamgen::simulators {

// Newton's method from E = M + e (M - e for the half of the orbit that returns) comes down, or up, to the
// root without overshooting: E - e sin E is convex there. It ends when a step no longer changes E; 50
// steps are more than any e < 1 in double precision takes.
double eccentric_anomaly(double mean_anomaly, double eccentricity) {
  const double e = eccentricity, mean = std::remainder(mean_anomaly, 2 * std::numbers::pi);
  double anomaly = mean + std::copysign(e, mean);
  for (int i = 0; i < 50; ++i) {
    const double step = (anomaly - e * std::sin(anomaly) - mean) / (1 - e * std::cos(anomaly));
    anomaly -= step;
    if (std::abs(step) <= 1e-16 * std::abs(anomaly)) break;
  }
  return anomaly + (mean_anomaly - mean);
}

}  // namespace hamgen::simulators
