// The roll-out that a model of videos learns through: the start and what follows, stacked.
#pragma once

#include "model/dynamics/integrators.hpp"
#include "model/dynamics/leapfrog_chain.hpp"

namespace hamgen::model {

struct TrajectoryPlan {
  std::string method = "leapfrog";
  StepperOptions options;     // dt between frames
  std::int64_t substeps = 1;  // steps between two frames
  Memory memory = Memory::stored;
};

// Whether the networks' gradients are written out for this scheme and this H; other than stored memory needs
// it.
bool is_written_out(const std::string& method, const Dynamics& dynamics);

// States [B, C, 4, 4] at `frames` times, q and p as [B, frames, C, 4, 4]; differentiable once. On the CPU
// each thread takes some of the sequences. `parameters`: those of `dynamics`.
PhaseSpace trajectory(const Dynamics& dynamics, const PhaseSpace& start, std::int64_t frames,
                      const TrajectoryPlan& plan, const std::vector<Tensor>& parameters);

}  // namespace hamgen::model
