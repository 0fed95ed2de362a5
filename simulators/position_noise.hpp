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

// Noise that turns the whole picture about a point.
struct TurningNoise {
  std::array<double, 2> pivot;  // x, y, world units
  double deviation = 0;         // of the angle, radian
};

// Known where one coordinate's noise turns every disc about one and the same point, in every state and by the same angle, so
// that the mean of noisy pictures is a picture blurred along arcs: of a pendulum, whatever its length. None where the measured
// states lie within 0.05 radian or so, which does not tell a turn from a shift; where trajectories are seen through windows of
// their own; and where position_noise() has none for a world that repeats or for lack of noise. Measured likewise.
std::optional<TurningNoise> turning_noise(const Simulation& simulation, std::int64_t trajectories);

}  // namespace hamgen::simulators
