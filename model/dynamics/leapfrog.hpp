// Leapfrog through Hamiltonians H = V(q) + K(p) of softplus networks, for training: one node of the graph,
// whose derivative is leapfrog's own adjoint. With q', p' the cotangents of a step's end, each step backward
// is
//
//   q' += V''(q) (-dt/2 p'),   p' += K''(p) (dt q'),   q' += V''(q) (-dt/2 p')
//
// the last of one step and the first of the next in one product, as they share their gradient of V. The same
// numbers as the scheme "leapfrog" of integrators.hpp gives, without automatic differentiation's bookkeeping.
//
// What the backward pass needs of every step, the networks' inner values, can be kept, or be computed again
// from states: from kept ones, or from the last one by stepping back, as leapfrog is reversible (up to
// rounding).
#pragma once

#include "model/dynamics/hamiltonian.hpp"
#include "model/dynamics/memory.hpp"
#include "model/dynamics/separable_weights.hpp"

namespace hamgen::model {

// Of a rollout through one Hamiltonian: `steps` steps of dt between frames.
struct LeapfrogPlan {
  std::int64_t frames = 1, steps = 1;
  double dt = 0.125;
  Memory memory = Memory::stored;
};

// `steps` steps of dt of every Hamiltonian, in order; q, p: rows [B, d]. Differentiable once, in the state
// and the weights.
PhaseSpace leapfrog_flow(const std::vector<SeparableWeights>& hamiltonians, const PhaseSpace& start,
                         std::int64_t steps, double dt);

// The start, rows (q, p) [B, 2 d], and what follows, [B, frames, 2 d]. Differentiable once, likewise.
Tensor leapfrog_rollout(const SeparableWeights& hamiltonian, const Tensor& start, const LeapfrogPlan& plan);

}  // namespace hamgen::model
