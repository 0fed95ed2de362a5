#include "model/consistency.hpp"

#include <algorithm>

#include "model/random.hpp"

namespace hamgen::model {
namespace {

Tensor to_device(const std::vector<std::int64_t>& values, const at::Device& device) {
  return at::tensor(values, staging(device).dtype(at::kLong)).to(device, /*non_blocking=*/true);
}

}  // namespace

std::vector<Part> choose_parts(std::int64_t sequences, std::int64_t window, std::int64_t context,
                               bool is_reversible, const StepContext& step) {
  const std::int64_t fewest = std::max<std::int64_t>(1, context / 3);
  const std::int64_t first = step.share.first(sequences * step.share.parts);
  const bool is_long_enough = step.horizon >= fewest;  // to be read backward
  std::vector<Part> parts;
  for (std::int64_t sequence = 0; sequence < sequences; ++sequence) {
    const auto draw = [&](std::uint64_t which, std::int64_t low, std::int64_t high) {  // in [low, high]
      const auto in_batch = static_cast<std::uint64_t>(first + sequence);
      const double u = uniform(random_key(step.seed, Purpose::parts, {step.step, in_batch, which}));
      return std::min(high, low + static_cast<std::int64_t>(u * static_cast<double>(high - low + 1)));
    };
    const bool is_backward = is_reversible && is_long_enough && draw(0, 0, 1) == 0;
    const std::int64_t frames = is_backward ? step.horizon : window;  // that it may be of
    const bool is_at_end = draw(1, 0, 1) == 0;
    const std::int64_t left_out = is_at_end ? 0 : draw(2, 0, std::min(step.horizon - 1, frames - fewest));
    parts.push_back({is_backward ? frames - 1 - left_out : left_out,
                     draw(3, fewest, std::min(context, frames - left_out)), is_backward});
  }
  return parts;
}

Tensor show_parts(const Tensor& pixels, const std::vector<Part>& parts, std::int64_t context,
                  const Tensor& blank) {
  const std::int64_t window = pixels.size(1);
  std::vector<std::int64_t> shown;  // numbers of frames, the blank one last
  for (std::size_t i = 0; i < parts.size(); ++i)
    for (std::int64_t frame = 0; frame < context; ++frame)
      shown.push_back(frame < parts[i].length ? static_cast<std::int64_t>(i) * window + parts[i].begin +
                                                    (parts[i].is_backward ? -frame : frame)
                                              : pixels.size(0) * window);
  const Tensor all = pixels.flatten(0, 1);
  const Tensor with_blank = at::cat({all, blank.expand_as(all[0]).unsqueeze(0)});
  return with_blank.index_select(0, to_device(shown, pixels.device()))
      .unflatten(0, {pixels.size(0), context});
}

Tensor inconsistency(const PhaseSpace& inferred, const PhaseSpace& path, const std::vector<Part>& parts) {
  constexpr double smallest = 1e-8;  // where nothing moves
  const at::Device device = path.q.device();
  std::vector<std::int64_t> begins;
  std::vector<float> signs;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    begins.push_back(static_cast<std::int64_t>(i) * path.q.size(1) + parts[i].begin);
    signs.push_back(parts[i].is_backward ? -1 : 1);
  }
  const Tensor at_begin = to_device(begins, device);
  const auto relative = [&](const Tensor& x, const Tensor& states) {
    const Tensor missed = x.flatten(1) - states.flatten(0, 1).index_select(0, at_begin).flatten(1);
    const Tensor moved = (states - states.mean(1, /*keepdim=*/true)).square().flatten(2).sum(2).mean(1);
    return (missed.square().sum(1) / (moved + smallest)).mean();
  };
  const Tensor sign = at::tensor(signs).to(device).view({-1, 1});
  return 0.5 * (relative(inferred.q, path.q) + relative(sign * inferred.p.flatten(1), path.p));
}

}  // namespace hamgen::model
