// Consistency of what a model infers: the state that a part of a window implies has to be the one that the
// whole window's state moves to by the time at which the part begins,
//
//   enc(x_a, ..., x_b)  =  flow_a(enc(x_0, ..., x_T)).
//
// Nothing else in the ELBO asks for it: a state of many coordinates may carry a window's frames one after the
// other, as on a conveyor belt, and then the learned H knows nothing of what comes after the last of them.
// Where motion can be reversed, a part that is read backward implies the state with opposite momentum.
// With it, every state on the way is one that the model would infer, so that the flow stays where it has been
// trained.
#pragma once

#include <cstdint>
#include <vector>

#include "model/dynamics/hamiltonian.hpp"
#include "model/interfaces/model.hpp"

namespace hamgen::model {

// What an encoder takes, and at which of these frames is the state that it gives.
struct Context {
  std::int64_t frames = 0, anchor = 0;

  // Where `length` of the frames begin so that the anchor lies in them where it lies in all of them.
  std::int64_t begin(std::int64_t length) const {
    return frames > 1 ? anchor * (frames - length) / (frames - 1) : 0;
  }
};

// `length` frames of one sequence's window: from `begin` on or, read backward, from `begin` back. They imply
// the state at the window's frame `implied`.
struct Part {
  std::int64_t begin = 0, length = 0, implied = 0;
  bool is_backward = false;  // then it implies the state (q, -p)
};

// The frames of a window that a rollout comes to.
struct Span {
  std::int64_t first = 0, count = 0;
};

// One for each of `sequences`, chosen at random: at least a third of the frames that an encoder takes, at
// most all of them, implying a state within the span; half of them read backward where that `is_reversible`.
// Half of them lie as near to the window's first frame as they can or, backward, to its last: they tie what a
// part implies to what the whole window does, all others to each other.
std::vector<Part> choose_parts(std::int64_t sequences, std::int64_t window, const Span& span,
                               const Context& context, bool is_reversible, const StepContext& step);

// What an encoder sees of them: of frames [B, window] each part's, and blank ones around them: [B * context]
// indices for encoder_input().
std::vector<std::int64_t> shown_of(const std::vector<Part>& parts, std::int64_t window,
                                   const Context& context);

// The mean square by which rollouts depart from their own mean, over all of them: of q and of p, [] each,
// without gradient. path: [B, T, ...].
PhaseSpace mean_motion(const PhaseSpace& path);

// The mean over sequences of |inferred - path(implied)|^2, of q and of p, each over `motion`: 0 where both
// agree, about 2 for other states of the same orbits, whatever the units and origin of the coordinates. One
// motion for all sequences, or those that hardly move would count most; that of whole windows, or the weight
// would fall as the horizon grows. inferred: [B, ...]; path: [B, T, ...] from the window's frame `first` on;
// [].
Tensor inconsistency(const PhaseSpace& inferred, const PhaseSpace& path, std::int64_t first,
                     const std::vector<Part>& parts, const PhaseSpace& motion);

}  // namespace hamgen::model
