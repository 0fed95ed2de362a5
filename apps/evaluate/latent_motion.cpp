#include "apps/evaluate/latent_motion.hpp"

#include <algorithm>
#include <cmath>

#include "apps/evaluate/value_json.hpp"
#include "dataset/format/sealed_json.hpp"
#include "model/dynamics/energy_statistics.hpp"
#include "model/losses/objective.hpp"
#include "model/metrics/dynamics_metrics.hpp"
#include "model/metrics/symmetric.hpp"

namespace hamgen::apps {

using at::Tensor;
using dataset::number;
using model::PhaseSpace;

namespace {

Tensor kept(const Tensor& values) {
  return values.to(at::kCPU, at::kDouble);
}

// The stored q or p of the first `count` trajectories, at the window's frames: [count * frames, D].
Tensor exact_states(const dataset::SplitReader& reader, const char* name, std::int64_t count,
                    std::int64_t frames) {
  auto numbers = reader.numbers(name, 0, static_cast<std::uint64_t>(count));
  const auto stored = static_cast<std::int64_t>(reader.frames_per_trajectory());
  const auto coordinates = static_cast<std::int64_t>(numbers.size()) / count / stored;
  return at::from_blob(numbers.data(), {count, stored, coordinates}, at::kDouble)
      .slice(1, 0, frames)
      .reshape({count * frames, -1})
      .clone();
}

}  // namespace

void LatentMotion::add(const std::vector<model::Window>& windows, const Tensor& bytes,
                       const std::vector<PhaseSpace>& states, const Tensor& energy) {
  if (energy.defined()) energy_.add(kept(energy));
  const PhaseSpace& start = states.front();
  const model::Reversal back = reversal(model_, start, frames_.window() - 1);
  starts_.add(kept(back.start));
  returns_.add(kept(back.end));
  reversed_pixels_.add(kept(back.pixel_mse));
  add_posterior(windows, bytes);
  std::vector<Tensor> q, p;
  for (const PhaseSpace& state : states) {
    q.push_back(kept(state.q.flatten(1)));
    p.push_back(kept(state.p.flatten(1)));
  }
  q_.add(at::stack(q, 1));
  p_.add(at::stack(p, 1));
  if (!symplecticity_) {  // of a few states: a Jacobian is large
    const std::int64_t few = std::min<std::int64_t>(4, start.q.size(0));
    symplecticity_ = model::symplecticity(model_, {start.q.narrow(0, 0, few), start.p.narrow(0, 0, few)});
  }
}

void LatentMotion::add_posterior(const std::vector<model::Window>& windows, const Tensor& bytes) {
  const auto posterior = model_.posterior(bytes);
  if (!posterior) return;
  const auto drawn = model_.window(model_.draw(*posterior, windows.front().trajectory), frames_.window());
  drawn_.add(squared_error(model_.expected(model_.show(drawn).frames), frames_.pixels(bytes)).mean(1));
  kl_.add(kept(model::kl_to_standard_normal(posterior->mean, posterior->log_variance)));
  means_.add(kept(posterior->mean.flatten(1)));
}

Json LatentMotion::reversibility_json() const {
  return {{"state_error", number(model::relative_miss(starts_.all(), returns_.all()).mean().item<double>())},
          {"pixel_mse", number(reversed_pixels_.all().mean().item<double>())}};
}

Json LatentMotion::symplecticity_json() const {
  return {{"error", number(*symplecticity_)}};
}

// Mean and variance are along one rollout, and averaged over rollouts (Fig. 6).
Json LatentMotion::energy_json() const {
  if (energy_.empty()) return Json::object();
  const Tensor energy = energy_.all();
  const model::EnergyStatistics statistics = model::energy_statistics(energy);
  return {
      {"energy",
       {{"mean", number(statistics.mean.item<double>())},
        {"variance", number(energy.var(1, /*unbiased=*/false).mean().item<double>())},
        {"spread", number(statistics.spread.item<double>())},
        {"drift", number(statistics.drift().item<double>())},
        {"example", {{"time", frames_.times(frames_.window() - 1, 1)}, {"energy", list_json(energy[0])}}}}}};
}

Json LatentMotion::symmetric_json(const dataset::SplitReader& reader) const {
  const Tensor q = q_.all(), p = p_.all();
  const std::int64_t count = q.size(0), frames = frames_.window();
  if (count < 3) return Json::object();
  const model::Symmetric result = model::measure_symmetric(
      {q.flatten(0, 1), p.flatten(0, 1)},
      {exact_states(reader, "q", count, frames), exact_states(reader, "p", count, frames)}, frames);
  return {{"latent",
           {{"r2_q", number(result.r2_q)},
            {"r2_p", number(result.r2_p)},
            {"symetric", result.is_symmetric},
            {"symplectic_error", number(result.symplectic_error)},
            {"symplectic_deviation", number(result.symplectic_deviation)},
            {"pairs", result.pairs},
            {"order", result.order}}}};
}

Json LatentMotion::latent_json(const dataset::SplitReader& reader) const {
  Json json = symmetric_json(reader);
  if (kl_.empty()) return json;
  const double kl = kl_.all().mean().item<double>();
  // A Gaussian decoder of variance 1 (A.1) at one state drawn from each posterior, in nats a sequence.
  const std::int64_t size = model_.shape().image_size;
  const auto values = static_cast<double>(frames_.window() * 3 * size * size);
  const double likelihood = -0.5 * values * (drawn_.all().mean().item<double>() + std::log(2 * M_PI));
  json["kl"] = number(kl);
  json["elbo"] = number(likelihood - kl);
  json["active_latents"] = model::active_latents(means_.all());
  return json;
}

}  // namespace hamgen::apps
