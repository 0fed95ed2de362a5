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

#include "model/hamiltonian.hpp"
#include "model/model.hpp"

namespace hamgen::model {

// `length` frames of one sequence's window: from `begin` on or, read backward, from `begin` back.
struct Part {
  std::int64_t begin = 0, length = 0;
  bool is_backward = false;  // then it implies the state (q, -p)
};

// One for each of `sequences`, chosen at random: at least a third of the `context` frames that an encoder
// takes, at most all of them, beginning before the horizon; half of them read backward where that
// `is_reversible`. Half of them begin at the window's first frame or, backward, at the horizon's last: they
// tie what a part implies to what the whole window does, all others to each other.
std::vector<Part> choose_parts(std::int64_t sequences, std::int64_t window, std::int64_t context,
                               bool is_reversible, const StepContext& step);

// What an encoder of `context` frames sees of them: of pixels [B, window, 3, S, S] each part's frames, and
// `blank` [3, 1, 1] where they have ended: [B, context, 3, S, S].
Tensor show_parts(const Tensor& pixels, const std::vector<Part>& parts, std::int64_t context,
                  const Tensor& blank);

// The mean over sequences of |inferred - path(begin)|^2, of q and of p, each over the mean square by which
// the path departs from its own mean: 0 where both agree, about 2 for other states of the same orbit,
// whatever the units and origin of the coordinates. inferred: [B, ...]; path: [B, T, ...]; [].
Tensor inconsistency(const PhaseSpace& inferred, const PhaseSpace& path, const std::vector<Part>& parts);

}  // namespace hamgen::model
