// Kepler's equation, which places a body on its ellipse at a given time.
#pragma once

namespace hamgen::simulators {

// E in E - e sin E = M, to round-off: M the mean anomaly (radian, any number of turns; E has as many), e in
// [0, 1).
double eccentric_anomaly(double mean_anomaly, double eccentricity);

}  // namespace hamgen::simulators
