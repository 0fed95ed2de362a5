// Why what was learned goes on beyond its window, or does not: in how many directions states move, how far the flow pulls
// neighbours apart, and how often orbits of one coordinate come round.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "model/base/torch.hpp"

namespace hamgen::model {

// Principal directions along which states, [N, K], deviate by more than a hundredth of the widest one's standard deviation. Numbers
// of a state beyond those that move are free to oscillate or to grow: a flow that conserves volume never shrinks them.
std::int64_t directions(const Tensor& states);

// The largest and the smallest singular value of d end / d start at each of `starts`, [N, K], every number in units of its
// `spread`, [K]: by how much a small error of the state grows, at worst, and shrinks, at best. [N] each, fp64. `flow`: [M, K] -> [M,
// K]; rows that it makes no numbers of give NaN.
struct Stretch {
  Tensor largest, smallest;
};
Stretch stretch(const std::function<Tensor(const Tensor&)>& flow, const Tensor& starts, const Tensor& spread);

// Turns per unit of time, [N], of orbits q, [N, T] at times `dt` apart: between the first and the last time that q rises through the
// middle of its range, interpolated linearly. NaN where it does so less than twice. Of any coordinate that goes round once a turn.
Tensor frequencies(const Tensor& q, double dt);

// How far learned frequencies are off, learned / true - 1: of all orbits whose both frequencies are known, and of each fifth of these by
// amplitude.
struct FrequencyErrors {
  struct Part {
    double least = 0, greatest = 0;  // amplitude
    double mean = 0, deviation = 0;  // of the error
    std::int64_t orbits = 0;
  };
  double mean_absolute = 0;
  std::int64_t orbits = 0;
  std::vector<Part> fifths;  // by amplitude; none where orbits are fewer than ten
};
// [N] each, fp64.
FrequencyErrors frequency_errors(const Tensor& learned, const Tensor& exact, const Tensor& amplitudes);

}  // namespace hamgen::model
