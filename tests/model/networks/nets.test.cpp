// Shapes and beginnings of encoder, f_psi and decoder, for both frame sizes of the paper.
#include "model/networks/nets.hpp"

#include <doctest/doctest.h>

#include "model/base/tensors.hpp"
#include "model/data/batches.hpp"
#include "model/losses/objective.hpp"
#include "model/motion/hgn.hpp"
#include "tests/model/small_dataset.hpp"

using namespace hamgen;
using namespace hamgen::model;

namespace {

DataShape shape_of(std::int64_t size, std::int64_t frames = 31) {
  return {frames, size, 0.125, {0.35, 0.4, 0.3}, {0.1, 0.1, 0.1}};
}

apps::FitConfig paper(const apps::Json& changes = apps::Json::object()) {
  apps::Json json = apps::preset_settings("paper", "hgn");
  apps::merge(json, {{"precision", "fp32"}});
  apps::merge(json, changes);
  return apps::fit_config_from_json(json);
}

}  // namespace

TEST_CASE("the paper's networks have the paper's shapes") {
  for (const std::int64_t size : {32, 64}) {
    CAPTURE(size);
    const auto config = paper();
    const Hgn hgn(config.settings, shape_of(size));
    const at::NoGradGuard no_grad;
    const Posterior posterior = hgn.encode(at::rand({2, 31, 3, size, size}));
    CHECK(posterior.mean.sizes() == at::IntArrayRef{2, 48, 4, 4});
    CHECK(posterior.log_variance.sizes() == at::IntArrayRef{2, 48, 4, 4});
    const PhaseSpace start = hgn.start(posterior.mean);
    CHECK(start.q.sizes() == at::IntArrayRef{2, 16, 4, 4});
    CHECK(start.p.sizes() == at::IntArrayRef{2, 16, 4, 4});
    CHECK(hgn.decode(start).sizes() == at::IntArrayRef{2, 3, size, size});
    CHECK(hgn.energy(start).sizes() == at::IntArrayRef{2});
    CHECK(hgn.rollout(start, 3).size() == 3);
  }
}

TEST_CASE("the paper's networks have the paper's layers") {
  const Hgn hgn(paper().settings, shape_of(32));
  std::map<std::string, std::vector<std::int64_t>> shapes;
  for (const auto& parameter : hgn.named_parameters())
    shapes[parameter.key()] = parameter.value().sizes().vec();
  using Shape = std::vector<std::int64_t>;
  CHECK(shapes.at("encoder.0.weight") == Shape{32, 93, 3, 3});
  for (int i = 2; i < 7; ++i)
    CHECK(shapes.at("encoder." + std::to_string(i) + ".weight") == Shape{64, 64, 3, 3});
  CHECK(shapes.at("encoder.7.weight") == Shape{2 * 48, 64, 3, 3});
  CHECK(shapes.count("encoder.8.weight") == 0);
  CHECK(shapes.at("transform.0.weight") == Shape{64, 48, 3, 3});
  CHECK(shapes.at("transform.2.weight") == Shape{64, 64, 3, 3});
  CHECK(shapes.at("transform.3.weight") == Shape{32, 64, 3, 3});
  CHECK(shapes.at("hamiltonian.potential.0.weight") == Shape{64, 16, 3, 3});
  CHECK(shapes.at("hamiltonian.potential.5.weight") == Shape{64, 64, 3, 3});
  CHECK(shapes.count("hamiltonian.potential.6.weight") == 0);
  CHECK(shapes.count("hamiltonian.kinetic.0.weight") == 0);
  CHECK(shapes.at("decoder.block0_skip.weight") == Shape{64, 16, 1, 1});
  CHECK(shapes.count("decoder.block1_skip.weight") == 0);
  CHECK(shapes.at("decoder.block2_1.weight") == Shape{64, 64, 3, 3});
  CHECK(shapes.at("decoder.output.weight") == Shape{3, 64, 3, 3});
}

TEST_CASE(
    "a residual block gives what its convolutions make of its input and, beside it, that input doubled") {
  const auto decoder_of = [](bool is_residual) {
    Initializer initializer(4);
    const auto settings =
        paper({{"decoder", {{"residual", is_residual}, {"filters", {5}}, {"block_activation", "none"}}}})
            .settings;
    return Decoder(settings, LatentShape::image(5), 8, std::vector<double>{0.3, 0.3, 0.3}, initializer);
  };
  const at::NoGradGuard no_grad;
  const Tensor q = at::rand({2, 5, 4, 4});
  Decoder residual = decoder_of(true),
          plain = decoder_of(false);                  // one block, of equal weights, without a skip layer
  for (const Decoder& decoder : {residual, plain}) {  // what leaves the block is then what the output shows
    decoder->named_parameters()["output.weight"].zero_();
    for (int colour = 0; colour < 3; ++colour)
      decoder->named_parameters()["output.weight"][colour][colour][1][1] = 1;
  }
  const Tensor doubled = at::upsample_nearest2d(q, {8, 8}).slice(1, 0, 3);
  CHECK(at::allclose(residual->forward(q) - plain->forward(q), doubled, 1e-5, 1e-5));
}

TEST_CASE("a state that is a vector has as many numbers as were asked for, and nothing of a latent image") {
  for (const std::int64_t size : {32, 64}) {
    CAPTURE(size);
    const auto changes = [](std::int64_t dimension) {
      return apps::Json{{"latent", {{"shape", "vector"}, {"dimension", dimension}}},
                        {"hamiltonian", {{"network", "dense"}}}};
    };
    const Hgn hgn(paper(changes(3)).settings, shape_of(size));
    const at::NoGradGuard no_grad;
    const Posterior posterior = hgn.encode(at::rand({2, 31, 3, size, size}));
    CHECK(posterior.mean.sizes() == at::IntArrayRef{2, 6, 1, 1});
    CHECK(posterior.log_variance.sizes() == at::IntArrayRef{2, 6, 1, 1});
    const PhaseSpace start = hgn.start(posterior.mean);
    CHECK(start.q.sizes() == at::IntArrayRef{2, 3, 1, 1});
    CHECK(hgn.decode(start).sizes() == at::IntArrayRef{2, 3, size, size});
    CHECK(hgn.energy(start).sizes() == at::IntArrayRef{2});
    CHECK(hgn.draw_start(5, 1)->p.sizes() == at::IntArrayRef{5, 3, 1, 1});
  }
  CHECK_THROWS_WITH_AS(Hgn(paper({{"latent", {{"shape", "vector"}}}}).settings, shape_of(32)),
                       doctest::Contains("hamiltonian.network"), schemas::FieldError);
  CHECK_THROWS_WITH_AS(Hgn(paper({{"objective", {{"guide", 1}}}}).settings, shape_of(32)),
                       doctest::Contains("objective.guide"), schemas::FieldError);
}

TEST_CASE("an encoder sees the frames' centres of colour in the units of the coarse coordinates") {
  const auto changes = [](const char* latent) {
    return apps::Json{{"latent", {{"shape", latent}}},
                      {"encoder", {{"centres", {5}}}},
                      {"hamiltonian", {{"network", "dense"}}}};
  };
  DataShape shape = shape_of(32);
  shape.pixel_mean = {0.2, 0.3, 0.4};
  shape.pixel_std = {0.1, 0.2, 0.4};
  const at::NoGradGuard no_grad;
  auto generator = make_generator(1);
  const Tensor along = at::randn({20, 12}, generator, at::kFloat).cumsum(1);  // of two colours
  Tensor frames = at::full({20, 12, 32, 32, 3}, 90, at::kByte);
  for (const int c : {0, 2})
    for (const int side : {0, 1})
      frames.select(4, c)
          .narrow(2, 16 * side, 16)
          .copy_((100 + (side == 0 ? 9 : -9) * (c == 0 ? along : along.flip(0)))
                     .view({20, 12, 1, 1})
                     .expand({20, 12, 16, 32}));
  shape.coarse =
      std::make_shared<CoarseCoordinates>(centres_of_frames(frames.flatten(0, 1)).view({20, 12, 6}), 6);
  REQUIRE(shape.coarse->count() == 2);
  const Hgn hgn(paper(changes("vector")).settings, shape);
  const auto buffers = hgn.named_buffers();
  const Tensor pixels = (to_pixels(frames.flatten(0, 1), 32) - buffers["pixel_mean"]) / buffers["pixel_std"];
  const Tensor seen =
      (centres_of_colour(pixels) - buffers["encoder.centres.origin"]).matmul(buffers["encoder.centres.axes"]);
  CHECK(at::allclose(seen.narrow(1, 0, 2), shape.coarse->of(frames.flatten(0, 1)), 1e-3, 1e-3));
  CHECK(seen.narrow(1, 2, 4).count_nonzero().item<std::int64_t>() == 0);
  CHECK_THROWS_WITH_AS(Hgn(paper(changes("image")).settings, shape), doctest::Contains("encoder.centres"),
                       schemas::FieldError);
}

TEST_CASE("an odd sequence's variance does not grow without bounds, and others are as the network says") {
  Hgn hgn(paper().settings, shape_of(32));
  const Tensor frames = at::rand({1, 31, 3, 32, 32});
  Tensor bias;
  for (const auto& parameter : hgn.named_parameters())
    if (parameter.key() == "encoder.7.bias") bias = parameter.value();
  REQUIRE(bias.defined());
  const auto log_variance = [&](float shift) {
    const at::NoGradGuard no_grad;
    bias.slice(0, 48).fill_(shift);
    return hgn.encode(frames).log_variance;
  };
  CHECK((log_variance(-4) - (log_variance(0) - 4)).abs().max().item<double>() < 1e-5);
  const Tensor asked = log_variance(0) + 300, given = log_variance(300);
  CHECK(at::allclose(given, 2 + (asked - 2).log1p(), 1e-4, 1e-4));
  const Posterior odd = hgn.encode(frames);
  kl_to_standard_normal(odd.mean, odd.log_variance).sum().backward();
  CHECK(bias.grad().isfinite().all().item<bool>());
  CHECK(bias.grad().slice(0, 48).max().item<double>() < 100);  // e^2 / 2 of each of 16 pixels
}

TEST_CASE("the variants of the paper's ablations") {
  const Hgn deterministic(paper({{"latent", {{"deterministic", true}}}}).settings, shape_of(32));
  CHECK(!deterministic.encode(at::rand({2, 31, 3, 32, 32})).log_variance.defined());
  const Hgn plain(paper({{"transform", {{"enabled", false}}}}).settings, shape_of(32));
  const Tensor z = at::rand({2, 32, 4, 4});
  CHECK(at::equal(at::cat({plain.start(z).q, plain.start(z).p}, 1), z));
  CHECK_NOTHROW(Hgn(paper({{"integrator", {{"method", "euler"}}}}).settings, shape_of(32)));
  CHECK_THROWS_WITH_AS(Hgn(paper({{"hamiltonian", {{"form", "joint"}}}}).settings, shape_of(32)),
                       doctest::Contains("leapfrog"), schemas::FieldError);
}

TEST_CASE("an encoder's framewise layers see each frame by itself, and those behind them all of a window's") {
  const auto framewise = [](int layers) {
    return paper({{"encoder", {{"filters", {8, 6, 5, 7}}, {"downsampling", "early"}, {"framewise", layers}}}})
        .settings;
  };
  const Hgn hgn(framewise(3), shape_of(32));
  const auto parameters = hgn.named_parameters();
  CHECK(parameters["encoder.0.weight"].sizes() == at::IntArrayRef{8, 3, 3, 3});
  CHECK(parameters["encoder.2.weight"].sizes() == at::IntArrayRef{5, 6, 3, 3});
  CHECK(parameters["encoder.3.weight"].sizes() == at::IntArrayRef{7, 31 * 5, 3, 3});
  // Frames and the weights of what is seen of each of them, moved by a frame together, change nothing.
  const at::NoGradGuard no_grad;
  const Tensor pixels = at::rand({2, 31, 3, 32, 32});
  const Tensor expected = hgn.encode(pixels).mean;
  Tensor weight = parameters["encoder.3.weight"];
  weight.copy_(weight.unflatten(1, {31, 5}).roll(1, 1).flatten(1, 2));
  CHECK(!at::allclose(hgn.encode(pixels).mean, expected, 1e-4, 1e-5));
  CHECK(at::allclose(hgn.encode(pixels.roll(1, 1)).mean, expected, 1e-4, 1e-5));
  CHECK_NOTHROW(Hgn(framewise(4), shape_of(32)));
  CHECK_THROWS_WITH_AS(Hgn(framewise(5), shape_of(32)),
                       doctest::Contains("encoder.framewise = 5 is not allowed: expected at most 4"),
                       schemas::FieldError);
}

TEST_CASE("frames that the networks cannot take are refused with the sizes that they can") {
  for (const std::int64_t size : {24, 40, 48})
    CHECK_THROWS_WITH_AS(Hgn(paper().settings, shape_of(size)), doctest::Contains("8, 16, 32, 64"),
                         schemas::FieldError);
  CHECK_THROWS_WITH_AS(Hgn(paper({{"encoder", {{"filters", {8}}}}}).settings, shape_of(64)),
                       doctest::Contains("encoder.filters has 1 items"), schemas::FieldError);
}

TEST_CASE("a decoder that starts at the mean does so, and speed 1, 2 and -1 roll out alike") {
  const Hgn hgn(tests::small_config().settings, shape_of(32));
  const at::NoGradGuard no_grad;
  const PhaseSpace start = hgn.start(at::rand({1, 4, 4, 4}));
  const Tensor frame = hgn.decode({at::zeros_like(start.q), {}});
  CHECK(at::allclose(frame.mean(at::IntArrayRef{0, 2, 3}), at::tensor({0.35F, 0.4F, 0.3F}), 1e-5, 1e-5));
  const auto forward = hgn.rollout(start, 9);
  const auto back = hgn.rollout(forward.back(), 9, -1);
  CHECK(at::allclose(back.back().q, start.q, 1e-4, 1e-5));
}

TEST_CASE(
    "what training decodes is what the model shows, from the window's first state, a middle one or a late "
    "one") {
  const Tensor frames = at::randint(256, {3, 9, 32, 32, 3}, at::kByte);
  const Tensor truth = to_pixels(frames, 32);
  for (const char* method : {"leapfrog", "euler"})
    for (const auto& [anchor, place] : {std::pair{"first", 0}, {"middle", 4}, {"late", 5}}) {
      CAPTURE(method);
      CAPTURE(anchor);
      Hgn hgn(tests::small_config({{"latent", {{"anchor", anchor}, {"deterministic", true}}},
                                   {"integrator", {{"method", method}}},
                                   {"objective", {{"frames", nullptr}}}})
                  .settings,
              shape_of(32, 9));
      CHECK(hgn.anchor() == place);
      const Rollout rollout = hgn.reconstruct(frames, 9);
      const Tensor errors = (rollout.frames - truth).square();
      const auto trained = [&](std::int64_t horizon) {
        return hgn.loss({frames, {}, {}, {}, {}, {}, {}}, {1, 0, horizon}).averaged.of("mse");
      };
      CHECK(at::allclose(trained(9), errors.mean(), 1e-4));
      const std::int64_t first = place * 6 / 8;  // of three frames around it
      CHECK(at::allclose(trained(3), errors.narrow(1, first, 3).mean(), 1e-4));
      // The window's part is the window's, and the state at the anchor is what was inferred.
      const PhaseSpace inferred = hgn.infer(frames);
      const auto states = hgn.window(inferred, 12);
      CHECK(at::equal(states.at(static_cast<std::size_t>(hgn.anchor())).q, inferred.q));
      const auto one = hgn.window(inferred, 1);
      CHECK((one.size() == 1 && at::equal(one[0].q, states[0].q)));
      if (std::string(method) == "leapfrog")
        CHECK(at::allclose(hgn.rollout(one[0], 12).back().p, states.back().p, 1e-3, 1e-4));
    }
}

TEST_CASE("bf16 changes reconstructions little, and never the state's type") {
  const Hgn exact(tests::small_config().settings, shape_of(32));
  const Hgn rough(tests::small_config({{"precision", "bf16"}}).settings, shape_of(32));
  const at::NoGradGuard no_grad;
  const Tensor z = at::rand({2, 4, 4, 4});
  const Tensor q = rough.start(z).q;
  CHECK((q.scalar_type() == at::kFloat));
  CHECK((rough.decode({q, {}}).scalar_type() == at::kFloat));
  CHECK(at::allclose(rough.decode({q, {}}), exact.decode({q, {}}), 0.02, 0.02));
}

TEST_CASE("in bf16, output layers compute in fp32: means and pixels keep their digits") {
  constexpr float value = 1.001F;  // bf16 has 1 and 1.0078
  const auto settings = tests::small_config({{"precision", "bf16"}}).settings;
  Initializer initializer(1);
  const Encoder encoder(settings, 8, 16, LatentShape::image(4), false, initializer);
  const Decoder decoder(settings, LatentShape::image(2), 16, std::vector<double>{0.5, 0.5, 0.5}, initializer);
  const at::NoGradGuard no_grad;
  for (const auto& module : {encoder->parameters(), decoder->parameters()})
    for (const Tensor& parameter : module) parameter.fill_(parameter.dim() == 1 ? value : 0);
  const Posterior posterior = encoder->forward(at::zeros({1, 8, 3, 16, 16}, at::kBFloat16));
  CHECK(posterior.mean.equal(at::full_like(posterior.mean, value)));
  CHECK(posterior.log_variance.equal(at::full_like(posterior.log_variance, value)));
  const Tensor frames = decoder->forward(at::zeros({1, 2, 4, 4}, at::kBFloat16));
  CHECK(frames.equal(at::full_like(frames, value)));
}
