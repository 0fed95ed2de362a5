// How far the noise of observed coordinates moves what a frame shows.
#pragma once

#include <array>
#include <optional>

#include "simulators/trajectory.hpp"

namespace hamgen::simulators {

// The standard deviations of a disc's place along x and y, world units, under noise.std; known where they are
// the same for every disc and state and the two are independent, so that the mean of a disc's noisy pictures
// is its picture blurred by a Gaussian: of coordinates that are places, not angles. None elsewhere, in worlds
// that repeat, and where there is no noise. Measured by central differences on the first few of the train
// split's `trajectories`.
std::optional<std::array<double, 2>> position_noise(const Simulation& simulation, std::int64_t trajectories);

}  // namespace hamgen::simulators
