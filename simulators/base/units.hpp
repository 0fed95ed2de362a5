// A motion that is far smaller than 1, in units of its own size.
//
// An absolute tolerance of 1e-13 says nothing about a position of 1e-9, and 1e-10 joules say nothing about an
// energy of 1e-17. So a motion whose q or p stays below 1e-3 is integrated in units of q and p in which it is
// of ordinary size. Units are powers of two: multiplying by them rounds nothing. Any other motion, a large one
// too, has the unit 1, and so the bytes that it would have without units: for large numbers it is the
// relative tolerance that counts.
#pragma once

#include <vector>

#include "simulators/base/system.hpp"

namespace hamgen::simulators {

inline constexpr double smallest_ordinary = 1e-3;  // of q, p and energies

struct Units {
  double q = 1, p = 1;

  double scaled(double energy) const { return energy / q / p; }  // q p alone may be below any number
};

// States [T, D] over a time.
struct Course {
  Reals q, p;
  std::size_t dimension = 0;
  double duration = 0;
};

// The units that suit these states. Coordinates that are small because they move nothing (momenta of a body at
// rest are rounding errors) keep their unit.
Units units_of(const Hamiltonian& hamiltonian, Reals c, const Course& course);
// Whether states in the one are of ordinary size in the other, too.
bool are_alike(const Units& one, const Units& other);

// The same Hamiltonian for q and p in units: H / (units.q units.p), whose equations of motion are those of H.
// For one thread.
class InUnits final : public Hamiltonian {
 public:
  InUnits(const Hamiltonian& hamiltonian, const Units& units) : hamiltonian_(hamiltonian), units_(units) {}

  double energy(Reals c, Reals q, Reals p) const override;
  void dH_dq(Reals c, Reals q, Reals p, MutableReals out) const override;
  void dH_dp(Reals c, Reals q, Reals p, MutableReals out) const override;
  bool is_separable() const override { return hamiltonian_.is_separable(); }

 private:
  void enter(Reals q, Reals p) const;

  const Hamiltonian& hamiltonian_;
  Units units_;
  mutable std::vector<double> q_, p_;  // a state in the Hamiltonian's own units
};

}  // namespace hamgen::simulators
