#include "model/metrics/dynamics_metrics.hpp"

#include <limits>

#include "model/metrics/symplectic_form.hpp"

namespace hamgen::model {
namespace {

Tensor flat(const PhaseSpace& state) {
  return at::cat({state.q.flatten(1), state.p.flatten(1)}, 1);
}

// J of one state, [2K, 2K]: the state is repeated once for each output, and one backward pass gives all rows.
Tensor jacobian(const VideoModel& model, const PhaseSpace& state) {
  const at::AutoGradMode record(true);
  const std::int64_t size = 2 * state.q.numel();
  std::vector<std::int64_t> copies(static_cast<std::size_t>(state.q.dim()), 1);
  copies[0] = size;
  const Tensor q = state.q.repeat(copies).detach().requires_grad_(),
               p = state.p.repeat(copies).detach().requires_grad_();
  const PhaseSpace end = model.rollout({q, p}, 2).back();
  const Tensor rows = at::eye(size, q.options());
  const auto gradients = torch::autograd::grad({flat(end)}, {q, p}, {rows});
  return at::cat({gradients[0].flatten(1), gradients[1].flatten(1)}, 1).to(at::kDouble);
}

}  // namespace

Reversal reversal(const VideoModel& model, const PhaseSpace& start, std::int64_t intervals) {
  const at::NoGradGuard no_grad;
  const PhaseSpace end = model.rollout(start, intervals + 1).back();
  const PhaseSpace back = model.rollout(end, intervals + 1, -1).back();
  return {flat(start), flat(back), (model.decode(back) - model.decode(start)).square().flatten(1).mean(1)};
}

Tensor relative_miss(const Tensor& start, const Tensor& end) {
  return (end - start).norm(2, 1) / (start - start.mean(0)).norm(2, 1);
}

double symplecticity(const VideoModel& model, const PhaseSpace& states) {
  const Tensor omega = symplectic_form(states.q[0].numel(), states.q.device());
  double sum = 0;
  for (std::int64_t i = 0; i < states.q.size(0); ++i) {
    const Tensor j = jacobian(model, {states.q.narrow(0, i, 1), states.p.narrow(0, i, 1)});
    sum += ((j.t().matmul(omega).matmul(j) - omega).norm() / omega.norm()).item<double>();
  }
  return sum / static_cast<double>(states.q.size(0));
}

std::vector<double> valid_times(const Tensor& mse, const Tensor& mean_square,
                                const std::vector<double>& times) {
  const Tensor is_invalid = (mse > validity_threshold * mean_square).logical_or(mse.isnan()).to(at::kCPU);
  std::vector<double> result;
  for (std::int64_t i = 0; i < mse.size(0); ++i) {
    double valid = std::numeric_limits<double>::infinity();
    for (std::int64_t t = mse.size(1) - 1; t >= 0; --t)
      if (is_invalid[i][t].item<bool>()) valid = times.at(static_cast<std::size_t>(t));
    result.push_back(valid);
  }
  return result;
}

std::int64_t active_latents(const Tensor& means) {
  return (means.flatten(1).to(at::kDouble).var(0, /*unbiased=*/false) > 0.01).sum().item<std::int64_t>();
}

}  // namespace hamgen::model
