// Leapfrog steps through one Hamiltonian, and their adjoint.
#pragma once

#include <functional>
#include <optional>

#include "model/dynamics/hamiltonian.hpp"
#include "model/dynamics/memory.hpp"
#include "model/dynamics/separable_weights.hpp"

namespace hamgen::model {

class LeapfrogSteps {
 public:
  LeapfrogSteps(const SeparableWeights& weights, double dt, Memory memory);

  // `steps` steps; visit(i, state) for the states after 1, 2, ..., steps of them.
  using Visit = std::function<void(std::int64_t i, const PhaseSpace& state)>;
  PhaseSpace forward(PhaseSpace state, std::int64_t steps, const Visit& visit = {});

  // The cotangents of the end become those of the start; returned are those of the weights. add(i, c) adds
  // what else the state after i = steps - 1, ..., 0 steps was used for.
  using Add = std::function<void(std::int64_t i, PhaseSpace& c)>;
  Weights backward(PhaseSpace& c, const Add& add = {}) const;

 private:
  class Recall;
  Tensor dV_dq(const Tensor& q, Trace& trace) const { return mlp_gradient(potential_, q, trace); }
  // dH/dp at the p of a half step.
  Tensor drift(const Tensor& p, Trace& trace) const {
    return kinetic_ ? mlp_gradient(*kinetic_, p, trace) : p;
  }

  double dt_;
  Memory memory_;
  SoftplusLayers potential_;
  std::optional<SoftplusLayers> kinetic_;
  // Of V at the start and after each step, of K in each step: all of the traces, or where they were taken
  // only.
  std::vector<Trace> of_potential_, of_kinetic_;
  PhaseSpace end_;
};

}  // namespace hamgen::model
