#include "model/motion/refinement.hpp"

#include <utility>
#include <vector>

namespace hamgen::model {
namespace {

constexpr double nudge = 2e-3;  // by which derivatives are taken; states are of order one
constexpr double first_damping = 1e-2, more = 10, less = 0.3;
// Of the largest square: a coordinate that pixels hardly depend on has slopes of rounding, by which it would leap.
constexpr double faint = 1e-5, smallest = 1e-12;

// A state as rows [B, 2 C], q first; and back.
Tensor rows_of(const PhaseSpace& state) {
  return at::cat({state.q.flatten(1), state.p.flatten(1)}, 1);
}

PhaseSpace state_of(const Tensor& rows) {
  const auto halves = rows.unsqueeze(-1).unsqueeze(-1).chunk(2, 1);
  return {halves[0].contiguous(), halves[1].contiguous()};
}

// Where a state is, what it looks like, and by how much that misses.
struct Trial {
  Tensor state;      // [B, 2 C]
  Tensor positions;  // [B, T, C]
  Tensor missed;     // [B * T, values]
  Tensor error;      // [B], summed squares

  Trial(const FrameModel& model, const Tensor& rows, const Tensor& frames)
      : state(rows),
        positions(model.positions(state_of(rows))),
        missed(model.pictures(positions.flatten(0, 1)) - frames),
        error(missed.square().sum(1).view({rows.size(0), -1}).sum(1)) {}

  // Of the two the one with the smaller error, sequence by sequence.
  void take(const Trial& other, const Tensor& is_better) {
    const auto choose = [&is_better](Tensor& mine, const Tensor& its) {
      std::vector<std::int64_t> shape(static_cast<std::size_t>(mine.dim()), 1);
      shape[0] = is_better.size(0);
      mine = at::where(is_better.view(shape), its, mine);
    };
    choose(state, other.state);
    choose(positions, other.positions);
    choose(error, other.error);
    Tensor of_sequences = missed.view({is_better.size(0), -1});
    choose(of_sequences, other.missed.view({is_better.size(0), -1}));
    missed = of_sequences.view_as(other.missed);
  }
};

// d positions / d state, [B, T, C, 2 C]: all nudged states in one rollout.
Tensor slopes_of_motion(const FrameModel& model, const Trial& at) {
  const std::int64_t sequences = at.state.size(0), numbers = at.state.size(1);
  const Tensor nudges = nudge * at::eye(numbers, at.state.options());
  const Tensor nudged = (at.state.unsqueeze(0) + nudges.unsqueeze(1)).flatten(0, 1);
  const Tensor moved = model.positions(state_of(nudged)).unflatten(0, {numbers, sequences});
  return ((moved - at.positions) / nudge).permute({1, 2, 3, 0});
}

// d pictures / d positions: [B * T, values] for each of C.
std::vector<Tensor> slopes_of_pictures(const FrameModel& model, const Trial& at, const Tensor& frames) {
  const Tensor positions = at.positions.flatten(0, 1), seen = at.missed + frames;
  std::vector<Tensor> slopes;
  for (std::int64_t k = 0; k < positions.size(1); ++k) {
    Tensor nudged = positions.clone();
    nudged.select(1, k).add_(nudge);
    slopes.push_back((model.pictures(nudged) - seen) / nudge);
  }
  return slopes;
}

// J^T J [B, 2 C, 2 C] and J^T r [B, 2 C] of the least squares, in double precision.
std::pair<Tensor, Tensor> normal_equations(const FrameModel& model, const Trial& at, const Tensor& frames) {
  const std::vector<Tensor> pictures = slopes_of_pictures(model, at, frames);
  const auto product = [](const Tensor& a, const Tensor& b) { return (a * b).sum(1).to(at::kDouble); };
  std::vector<Tensor> squares, pulls;
  for (const Tensor& a : pictures) {
    for (const Tensor& b : pictures) squares.push_back(product(a, b));
    pulls.push_back(product(a, at.missed));
  }
  const std::int64_t sequences = at.positions.size(0), frame_count = at.positions.size(1),
                     c = at.positions.size(2);
  const Tensor of_frames = at::stack(squares, 1).view({sequences, frame_count, c, c}),
               pull = at::stack(pulls, 1).view({sequences, frame_count, c, 1});
  const Tensor motion = slopes_of_motion(model, at).to(at::kDouble), transposed = motion.transpose(2, 3);
  return {transposed.matmul(of_frames).matmul(motion).sum(1), transposed.matmul(pull).sum(1).squeeze(-1)};
}

}  // namespace

PhaseSpace refined(const FrameModel& model, const PhaseSpace& start, const Tensor& frames,
                   std::int64_t steps) {
  const at::NoGradGuard no_grad;
  Trial best(model, rows_of(start), frames);
  Tensor damping = at::full({best.state.size(0), 1}, first_damping, best.state.options().dtype(at::kDouble));
  for (std::int64_t step = 0; step < steps; ++step) {
    const auto [squares, pull] = normal_equations(model, best, frames);
    const Tensor diagonal = squares.diagonal(0, 1, 2);
    const Tensor damped =
        squares + at::diag_embed(damping * diagonal + faint * diagonal.amax(1, true) + smallest);
    const auto [factor, failed] = at::linalg_cholesky_ex(damped);
    const Tensor by = at::cholesky_solve(pull.unsqueeze(-1), factor).squeeze(-1);
    const Trial trial(model, best.state - by.to(best.state.scalar_type()), frames);
    const Tensor is_better = (trial.error < best.error) & (failed == 0);  // false where it is no number
    best.take(trial, is_better);
    damping = at::where(is_better.unsqueeze(1), less * damping, more * damping);
  }
  return state_of(best.state);
}

}  // namespace hamgen::model
