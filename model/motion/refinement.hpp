// States that explain the frames better than those that an encoder gives at once.
//
// An encoder is trained to be right on average, and its states of a pendulum, say, are a third less exact than the 31 frames
// allow. What is learned beside it, the motion and the pictures, is more exact than that: so a step or two towards the
// least squares of the frames it saw,
//
//   sum over its frames t and pixels of |E(x_t(q_0, p_0)) - y_t|^2,   E: what noisy frames are on average (expected()),
//
// takes them most of the way. Gauss and Newton's, damped as by Levenberg and Marquardt (J. SIAM 11, 431, 1963), for each
// sequence on its own, never to a greater sum. In the terms of variational inference the encoder's gap is closed where
// it counts (Kim et al., semi-amortized variational autoencoders, ICML 2018). What comes after the window is not seen.
#pragma once

#include <functional>

#include "model/dynamics/hamiltonian.hpp"

namespace hamgen::model {

// What a state at the anchor means for the frames.
struct FrameModel {
  // Positions at `frames` frames, [B, T, C], of states [B, C, 1, 1].
  std::function<Tensor(const PhaseSpace&)> positions;
  // What is expected of frames with these positions, [N, C] -> [N, values].
  std::function<Tensor(const Tensor&)> pictures;
};

// After `steps` steps from `start`, [B, C, 1, 1], towards the frames, [B * T, values]; fp32, without gradients.
PhaseSpace refined(const FrameModel& model, const PhaseSpace& start, const Tensor& frames,
                   std::int64_t steps);

}  // namespace hamgen::model
