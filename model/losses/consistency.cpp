#include "model/losses/consistency.hpp"

#include <algorithm>

#include "model/base/random.hpp"
#include "model/data/encoder_input.hpp"

namespace hamgen::model {
namespace {

// Parts that are read in one direction; frames are counted in it.
class Reading {
 public:
  Reading(std::int64_t window, const Span& span, const Context& context)
      : window_(window),
        context_(context),
        fewest_(std::max<std::int64_t>(1, context.frames / 3)),
        first_(span.first),
        last_(span.first + span.count - 1) {}

  bool exists() const { return earliest(fewest_) <= latest(fewest_); }
  std::int64_t fewest() const { return fewest_; }
  // The frames, from which to which, whose state a part of this length can imply.
  std::int64_t earliest(std::int64_t length) const { return std::max(first_, before(length)); }
  std::int64_t latest(std::int64_t length) const {
    return std::min(last_, window_ - length + before(length));
  }
  // How many of a part's frames lie before the one whose state it implies.
  std::int64_t before(std::int64_t length) const { return context_.anchor - context_.begin(length); }
  // The longest part that can imply one of these frames' states, and that of one of them.
  std::int64_t longest() const {
    std::int64_t length = std::min(context_.frames, window_);
    while (earliest(length) > latest(length)) --length;
    return length;
  }
  std::int64_t longest(std::int64_t implied) const {
    std::int64_t length = std::min(context_.frames, window_);
    while (implied < earliest(length) || implied > latest(length)) --length;
    return length;
  }

 private:
  std::int64_t window_;
  Context context_;
  std::int64_t fewest_, first_, last_;
};

}  // namespace

std::vector<Part> choose_parts(std::int64_t sequences, std::int64_t window, const Span& span,
                               const Context& context, bool is_reversible, const StepContext& step) {
  const Reading onward(window, span, context),
      backward(window, {window - span.first - span.count, span.count}, context);
  const std::int64_t first = step.share.first(sequences * step.share.parts);
  std::vector<Part> parts;
  for (std::int64_t sequence = 0; sequence < sequences; ++sequence) {
    const auto draw = [&](std::uint64_t which, std::int64_t low, std::int64_t high) {  // in [low, high]
      const auto in_batch = static_cast<std::uint64_t>(first + sequence);
      const double u = uniform(random_key(step.seed, Purpose::parts, {step.step, in_batch, which}));
      return std::min(high, low + static_cast<std::int64_t>(u * static_cast<double>(high - low + 1)));
    };
    const bool is_backward = is_reversible && backward.exists() && draw(0, 0, 1) == 0;
    const Reading& reading = is_backward ? backward : onward;
    Part part;
    if (draw(1, 0, 1) == 0) {  // at the window's end
      part.length = draw(3, reading.fewest(), reading.longest());
      part.implied = reading.earliest(part.length);
    } else {
      part.implied = draw(2, reading.earliest(reading.fewest()), reading.latest(reading.fewest()));
      part.length = draw(3, reading.fewest(), reading.longest(part.implied));
    }
    part.begin = part.implied - reading.before(part.length);
    if (is_backward) part = {window - 1 - part.begin, part.length, window - 1 - part.implied, true};
    parts.push_back(part);
  }
  return parts;
}

std::vector<std::int64_t> shown_of(const std::vector<Part>& parts, std::int64_t window,
                                   const Context& context) {
  std::vector<std::int64_t> shown;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::int64_t before = context.begin(parts[i].length), direction = parts[i].is_backward ? -1 : 1;
    const std::int64_t begin = static_cast<std::int64_t>(i) * window + parts[i].begin;
    for (std::int64_t frame = -before; frame < context.frames - before; ++frame)
      shown.push_back(frame >= 0 && frame < parts[i].length ? begin + direction * frame : blank_frame);
  }
  return shown;
}

PhaseSpace mean_motion(const PhaseSpace& path) {
  constexpr double smallest = 1e-8;  // where nothing moves
  const at::NoGradGuard no_grad;
  const auto of = [&](const Tensor& states) {
    return (states - states.mean(1, /*keepdim=*/true)).square().flatten(2).sum(2).mean() + smallest;
  };
  return {of(path.q), of(path.p)};
}

Tensor inconsistency(const PhaseSpace& inferred, const PhaseSpace& path, std::int64_t first,
                     const std::vector<Part>& parts, const PhaseSpace& motion) {
  const at::Device device = path.q.device();
  std::vector<std::int64_t> implied;
  std::vector<float> signs;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    implied.push_back(static_cast<std::int64_t>(i) * path.q.size(1) + parts[i].implied - first);
    signs.push_back(parts[i].is_backward ? -1 : 1);
  }
  const Tensor there = indices(implied, device);
  const auto relative = [&](const Tensor& x, const Tensor& states, const Tensor& moved) {
    const Tensor missed = x.flatten(1) - states.flatten(0, 1).index_select(0, there).flatten(1);
    return missed.square().sum(1).mean() / moved;
  };
  const Tensor sign = at::tensor(signs).to(device).view({-1, 1});
  return 0.5 *
         (relative(inferred.q, path.q, motion.q) + relative(sign * inferred.p.flatten(1), path.p, motion.p));
}

}  // namespace hamgen::model
