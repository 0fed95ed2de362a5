// A Hamiltonian as leapfrog's written-out gradients see it (leapfrog.hpp).
#pragma once

#include "model/kernels/softplus_gradient.hpp"

namespace hamgen::model {

// H = V(q) + K(p) of two softplus networks of one shape. No kinetic weights: K = p.p / 2.
struct SeparableWeights {
  Weights potential, kinetic;
  SoftplusShape shape = {};
};

}  // namespace hamgen::model
