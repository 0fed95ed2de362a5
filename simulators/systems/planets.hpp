// The Sun and the four giant planets as they are, in the plane: Jupiter, Saturn, Uranus, Neptune.
//
//   H(q, p) = sum_i |p_i|^2 / (2 m_i) - sum_{i<j} G m_i m_j / |q_j - q_i|
//
// q = (x_1, y_1, ...): positions (AU; body 1 is the Sun, then the planets outwards; x to the equinox of
// J2000), p: momenta (solar mass AU / year), m_i: masses (solar mass), year: Julian year of 365.25 days.
// G = (365.25 k)^2 with Gauss's k = 0.01720209895, by definition of the AU until 2012: 4 pi^2 to 4e-5.
//
// Start: the planets at a random epoch, on the ellipses that fit their motion from 1800 to 2050 best, as of
// J2000 (a, e, longitude of the perihelion), with the mean longitudes carried on at their rates. Elements:
// Standish, Keplerian elements for approximate positions of the major planets, table 1 (JPL,
// ssd.jpl.nasa.gov/planets/approx_pos.html). Masses: the IAU's best estimates of 2009 (Luzum et al. 2011,
// doi:10.1007/s10569-011-9352-4), moons included. The model is planar: the inclinations to the ecliptic, 0.8
// to 2.5 degrees, are taken as zero, and longitudes along the orbits as ecliptic longitudes. Each ellipse is
// about the centre of mass of the bodies inside it (Jacobi coordinates), so that the Sun's swing about the
// centre of mass, a percent of Neptune's orbit and speed, does not end up in the outer planets' elements; the
// centre of mass of all rests at the origin.
//
// View: scaled, so that five bodies between 0.01 and 30 AU are distinct in a small frame. A body at distance
// r (AU) from the centre of mass is drawn at r^look.radial_power in the same direction, and the discs
// (look.radii, in the units of the drawing) are far larger than the bodies.
#pragma once

#include "simulators/base/system.hpp"

namespace hamgen::simulators {

SystemDescriptor planets();

}  // namespace hamgen::simulators
