// One step of numerical integration, whatever the scheme.
#pragma once

#include "model/dynamics/hamiltonian.hpp"

namespace hamgen::model {

// state + dt rate.
inline PhaseSpace moved(const PhaseSpace& state, const PhaseSpace& rate, double dt) {
  return {state.q + dt * rate.q, state.p + dt * rate.p};
}

struct StepperOptions {
  double dt = 0.125;        // of a step, in units of time; negative: backward
  double tolerance = 1e-6;  // dopri5 only: of a step's error, absolute and relative to the state
  // leapfrog and yoshida4 only: each update is rounded to a multiple of this. Then every sum is exact, as
  // long as the state has digits left for it, and steps by -dt undo steps by dt to the last bit (Levesque,
  // Verlet 1993, doi:10.1007/BF01048022). 0: none; rounding has no derivative.
  double lattice = 0;
  double binding = 4;  // tao only: omega, how strongly the two copies of the state hold together, 1 / time
};

// Advances states one step at a time. It remembers what the next step can use again (the gradient at the end
// of a leapfrog step, the second copy of Tao's scheme) as long as each step begins where the last one ended.
class Stepper {
 public:
  virtual ~Stepper() = default;
  virtual PhaseSpace step(const PhaseSpace& state) = 0;
};

}  // namespace hamgen::model
