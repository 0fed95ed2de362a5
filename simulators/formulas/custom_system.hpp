// A system of the user's own, whose Hamiltonian is a formula in the configuration (docs/your-own-system.md).
//
//   H(q, p) = physics.hamiltonian
//
// q: physics.coordinates, p: physics.momenta, in the units that the user has in mind; physics.constants are
// its parameters. Energy and gradients run as compiled tapes; the gradients are exact
// (simulators/formulas/expression_tape.hpp).
//
// The view of `view.half_width` = null is what 256 trial trajectories over the dataset's times reach, their
// discs' radii included, and 10 % more. The trials depend on the configuration alone, not on its seed.
#pragma once

#include "simulators/base/system.hpp"

namespace hamgen::simulators {

SystemDescriptor custom();

}  // namespace hamgen::simulators
