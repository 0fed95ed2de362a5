// Leapfrog through a chain of Hamiltonians H_i = V_i(q) + K_i(p), for training: one node of the graph, whose
// derivative is leapfrog's own adjoint. With q', p' the cotangents of the end, each step backward is
//
//   q' += V''(q) (-dt/2 p'),   p' += K''(p) (dt q'),   q' += V''(q) (-dt/2 p')
//
// the last of one step and the first of the next in one product, as they share their gradient of V. The same
// numbers as the scheme "leapfrog" of integrators.hpp gives, in a third less time: small networks cost less
// than automatic differentiation's bookkeeping around them.
#pragma once

#include "model/hamiltonian.hpp"
#include "model/softplus_mlp.hpp"

namespace hamgen::model {

struct ChainLink {
  Weights potential, kinetic;  // no kinetic weights: K = p.p / 2
};

// `steps` steps of dt of every link, in order. Differentiable once, in the state and the weights.
PhaseSpace leapfrog_chain(const std::vector<ChainLink>& links, const PhaseSpace& start, std::int64_t steps,
                          double dt);

}  // namespace hamgen::model
