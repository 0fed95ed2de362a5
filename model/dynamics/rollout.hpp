// Rollouts: a start, and the states after equal intervals of time.
#pragma once

#include <string>
#include <vector>

#include "model/dynamics/memory.hpp"
#include "model/dynamics/stepper.hpp"

namespace hamgen::model {

// The start and the states after 1, ..., frames - 1 intervals of dt, each of `substeps` steps of the scheme
// of this name (integrators.hpp), whose errors it throws.
std::vector<PhaseSpace> rollout(const std::string& stepper, const Dynamics& dynamics, PhaseSpace start,
                                std::int64_t frames, StepperOptions options, std::int64_t substeps = 1);

// The rollout that a model of videos learns through.
struct RolloutPlan {
  std::string method = "leapfrog";
  StepperOptions options;     // dt between frames
  std::int64_t substeps = 1;  // steps between two frames
  Memory memory = Memory::stored;
};

// Whether the networks' gradients are written out for this scheme and this H; other than stored memory needs
// it.
bool is_written_out(const std::string& method, const Dynamics& dynamics);

// States [B, C, S, S] at `frames` times, q and p as [B, frames, C, S, S]; differentiable once. On the CPU
// each thread takes some of the sequences. `parameters`: those of `dynamics`.
PhaseSpace stacked_rollout(const Dynamics& dynamics, const PhaseSpace& start, std::int64_t frames,
                           const RolloutPlan& plan, const std::vector<Tensor>& parameters);

}  // namespace hamgen::model
