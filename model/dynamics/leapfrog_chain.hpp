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

namespace hamgen::model {

enum class Memory { stored, checkpointed, reversible };
inline const std::vector<std::string> memory_names{"stored", "checkpointed", "reversible"};
Memory memory_named(const std::string& name);

// Of a roll-out through one link: `steps` steps of dt between frames.
struct RollOutPlan {
  std::int64_t frames = 1, steps = 1;
  double dt = 0.125;
  Memory memory = Memory::stored;
};

// `steps` steps of dt of every link, in order; q, p: rows [B, d]. Differentiable once, in the state and the
// weights.
PhaseSpace leapfrog_chain(const std::vector<ChainLink>& links, const PhaseSpace& start, std::int64_t steps,
                          double dt);

// The start, rows (q, p) [B, 2 d], and what follows, [B, frames, 2 d]. Differentiable once, likewise.
Tensor leapfrog_roll_out(const ChainLink& link, const Tensor& start, const RollOutPlan& plan);

}  // namespace hamgen::model
