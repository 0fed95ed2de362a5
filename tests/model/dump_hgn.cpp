// dump_hgn CONFIG.json OUT.safetensors: what an Hgn of this configuration computes from made-up frames, for
// the tests that compare it with an independent implementation (tests/python/test_hgn_torch.py). Parameters
// and buffers go by their own names, inputs and outputs as "io/...", gradients of the loss as "gradient/...".
#include <cstdio>

#include "apps/fit/fit_config.hpp"
#include "model/base/random.hpp"
#include "model/data/batches.hpp"
#include "model/motion/hgn.hpp"
#include "model/training/checkpoint.hpp"

using namespace hamgen;
using namespace hamgen::model;

namespace {

// Noise of the frames shifts discs, or turns pictures.
NamedTensors dump(const apps::FitConfig& config, bool is_turning) {
  constexpr std::int64_t sequences = 3, frames = 6, size = 16, step = 5;
  DataShape shape{frames, size, 0.2, {0.35, 0.4, 0.3}, {0.13, 0.09, 0.02}};
  shape.noise = {.shift = {0.8, 1.3}};
  if (is_turning) shape.noise = {.turn = 0.2, .pivot = {7, 8.5}};
  Hgn hgn(config.settings, shape);
  auto generator = make_generator(99);
  const Tensor input = at::empty({sequences, frames, size, size, 3}, at::kByte).random_(0, 256, generator);

  for (auto& buffer : hgn.named_buffers())  // where they begin they change nothing
    if (buffer.key().starts_with("encoder.centres")) buffer.value().add_(0.1);
  LossTerms terms = hgn.loss({input, {}, {}, {}, {}, {}, {}}, {7, step, frames, false});
  terms.loss.backward();
  const Posterior posterior = hgn.encode(to_pixels(input.slice(1, 0, 4), size));
  auto noise_generator = make_generator(random_key(7, Purpose::posterior, {step}));
  const auto states = hgn.rollout(hgn.start(posterior.mean), frames);

  NamedTensors tensors = tensors_of(hgn);
  const auto put = [&](const std::string& name, const Tensor& tensor) {
    tensors.emplace_back("io/" + name, tensor.detach());
  };
  put("frames", input);
  put("noise", at::empty(posterior.mean.sizes(), at::kFloat).normal_(0, 1, noise_generator));
  put("mean", posterior.mean);
  if (posterior.log_variance.defined()) put("log_variance", posterior.log_variance);
  put("last_q", states.back().q);
  put("last_p", states.back().p);
  put("energy", hgn.energy(states.back()));
  put("reconstruction", hgn.reconstruct(input, frames).frames);
  put("loss", terms.loss);
  for (const auto& parameter : hgn.named_parameters()) {
    const Tensor gradient = parameter.value().grad();  // undefined for the constant that V may hold
    tensors.emplace_back("gradient/" + parameter.key(),
                         gradient.defined() ? gradient : at::zeros_like(parameter.value()));
  }
  return tensors;
}

}  // namespace

int main(int argc, char** argv) {
  const bool is_turning = argc == 4 && std::string(argv[3]) == "turning";
  if (argc != 3 && !is_turning) {
    std::fprintf(stderr, "usage: dump_hgn CONFIG.json OUT.safetensors [turning]\n");
    return 2;
  }
  write_safetensors(argv[2], dump(apps::fit_config_from_json(apps::read_json(argv[1])), is_turning), {});
}
