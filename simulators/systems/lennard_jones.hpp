// Particles that attract from afar and repel up close, in a square box without walls: a small liquid or gas.
//
//   H(q, p) = sum_i |p_i|^2 / 2 + sum_{i<j} u(|q_j - q_i|)
//   u(r)    = 4 (r^-12 - r^-6) S(r)
//
// in reduced units: the depth epsilon of the well, the diameter sigma, the mass and Boltzmann's constant are
// 1, so that lengths are in sigma, energies and temperatures in epsilon, times in sigma sqrt(mass / epsilon).
// The box is periodic: |q_j - q_i| is the distance to the nearest image of j, its side (particles /
// density)^(1/2). Coordinates are not wrapped: they are continuous in time and may leave the box.
//
// The switch S falls from 1 at `onset` to 0 at `cutoff` (Lennard-Jones 1924, doi:10.1098/rspa.1924.0082, has
// none): a polynomial of degree 19 in r^2 whose first nine derivatives vanish at both ends. The force then
// has eight continuous derivatives, which is what the error estimate of an eighth-order solver relies on.
//
// Starts are drawn at the temperature T: a Langevin thermostat (BAOAB: Leimkuhler and Matthews 2013,
// doi:10.1093/amrx/abs010) gives positions distributed as exp(-V(q) / T), and the momenta are scaled so that
// every trajectory has the same energy, the mean at that temperature: <V> + (particles - 1) T.
#pragma once

#include <cmath>

#include "simulators/base/system.hpp"

namespace hamgen::simulators {

// u and du/d(r^2) as functions of r^2: neither needs a square root. Without branches, so that loops over
// pairs become vector instructions; `Real` is double, or a number of more digits.
template <class Real>
class SwitchedLennardJones {
 public:
  SwitchedLennardJones(const Real& onset, const Real& cutoff)
      : middle_((onset * onset + cutoff * cutoff) / 2), scale_(2 / (cutoff * cutoff - onset * onset)) {}

  struct Value {
    Real energy, slope;
  };
  Value at(const Real& square) const {
    using std::abs, std::copysign;
    const Real inverse = 1 / square, sixth = inverse * inverse * inverse;
    const Real energy = 4 * sixth * (sixth - 1), slope = -12 * inverse * sixth * (2 * sixth - 1);
    // S = 1/2 - z P(z^2) / 2^17 with z from -1 to 1, so that dS/dz = -(1 - z^2)^9 * 230945 / 2^17. The
    // coefficients of P are whole numbers that add up to 2^16: beyond both ends S is 1 and 0 exactly.
    const Real place = (square - middle_) * scale_;
    const Real size = abs(place), excess = (size - 1 + abs(size - 1)) / 2;  // exact, 0 between the ends
    const Real z = size - excess;  // min(size, 1): written as such, it would become a branch
    const Real zz = z * z;
    Real sum = zz * -12155 + 122265;
    sum = sum * zz - 554268;
    sum = sum * zz + 1492260;
    sum = sum * zz - 2645370;
    sum = sum * zz + 3233230;
    sum = sum * zz - 2771340;
    sum = sum * zz + 1662804;
    sum = sum * zz - 692835;
    sum = sum * zz + 230945;
    const Real rest = 1 - zz, cube = rest * rest * rest;
    const Real value = Real(0.5) - copysign(z, place) * sum / 131072;
    const Real value_slope = -(230945.0 / 131072) * scale_ * cube * cube * cube;
    return {energy * value, slope * value + energy * value_slope};
  }

 private:
  Real middle_, scale_;
};

SystemDescriptor lennard_jones();

}  // namespace hamgen::simulators
