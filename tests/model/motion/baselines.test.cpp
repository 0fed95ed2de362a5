// The baselines: Hamiltonian Neural Networks of states and of pairs of frames, the same network without H,
// and HGN without H.
#include <doctest/doctest.h>

#include "model/dynamics/dormand_prince.hpp"
#include "model/motion/hgn.hpp"
#include "model/motion/hnn.hpp"
#include "model/motion/pixel_hnn.hpp"
#include "tests/model/imaginary_model.hpp"
#include "tests/model/small_dataset.hpp"
#include "tests/temporary_directory.hpp"

using namespace hamgen;
using namespace hamgen::model;
using doctest::Approx;
using tests::SmallRun;

namespace {

// Without what only models of videos have.
apps::Json of_states(const char* model) {
  return {{"model", model},
          {"hnn", {{"hidden", {64, 64}}}},
          {"optimizer", {{"learning_rate", 0.01}}},
          {"train", {{"steps", 400}, {"batch", 20}, {"validate_every", 400}}}};
}

PhaseSpace circle(std::int64_t count) {
  const Tensor angle = at::linspace(0, 6, count, at::kDouble);
  return {angle.cos().unsqueeze(1), angle.sin().unsqueeze(1)};
}

}  // namespace

TEST_CASE("orthogonal weights are orthogonal, whichever side is longer") {
  Initializer initializer(3);
  const Tensor tall = initializer.orthogonal_weights(50, 7), wide = initializer.orthogonal_weights(4, 30);
  CHECK(at::allclose(tall.t().matmul(tall), at::eye(7), 1e-5, 1e-5));
  CHECK(at::allclose(wide.matmul(wide.t()), at::eye(4), 1e-5, 1e-5));
}

TEST_CASE("dopri5 keeps to its tolerance over long intervals, and goes back") {
  const tests::Oscillator oscillator;
  StepperOptions options;
  options.dt = 2;
  options.tolerance = 1e-8;
  const auto states = rollout("dopri5", oscillator, circle(9), 11, options);
  const double angle = 20;
  const PhaseSpace start = circle(9);
  const Tensor exact = start.q * std::cos(angle) + start.p * std::sin(angle);
  const double error = (states.back().q - exact).abs().max().item<double>();
  CHECK(error < 1e-5);
  CHECK(error > 1e-12);  // it does what was asked, not more
  options.dt = -2;
  const auto back = rollout("dopri5", oscillator, states.back(), 11, options);
  CHECK(at::allclose(back.back().q, start.q, 0, 1e-5));
}

TEST_CASE("dopri5 is of fifth order where its steps are fixed by a loose tolerance") {
  const tests::Oscillator oscillator;
  const auto error_of = [&](double dt) {
    StepperOptions options;
    options.dt = dt;
    options.tolerance = 1e3;
    const auto end = DormandPrince(oscillator, options).step(circle(5));
    return (end.q - (circle(5).q * std::cos(dt) + circle(5).p * std::sin(dt))).norm().item<double>();
  };
  CHECK(std::log2(error_of(0.2) / error_of(0.1)) == Approx(6).epsilon(0.05));  // of one step: one order more
}

TEST_CASE(
    "HNN learns H from noisy states: its energy is the true one up to scale-free constants, and is kept") {
  const TemporaryDirectory directory;
  SmallRun run(directory / "run", of_states("hnn"));
  CHECK(run.trainer.train({}, {}) == Ending::finished);
  const auto& hnn = dynamic_cast<const StateModel&>(*run.network);
  const WindowReader reader(run.data.reader, Observation::states);
  const Batch batch = reader.read({{0, 0, false}, {5, 0, false}, {9, 0, false}}, 8);
  // Mass-spring, k = 2, m = 0.5: dq/dt = 2 p, dp/dt = -2 q. Noise of 0.1 in the states leaves an error of
  // 0.04.
  CHECK(run.network->validate(batch).error.mean().item<double>() < 0.06);
  const at::NoGradGuard no_grad;
  const PhaseSpace rate = hnn.dynamics().rate({at::full({1, 1}, 0.4), at::full({1, 1}, -0.3)});
  CHECK(rate.q.item<double>() == Approx(-0.6).epsilon(0.2));
  CHECK(rate.p.item<double>() == Approx(-0.8).epsilon(0.2));
  run.network->to(at::kDouble);
  const auto& hamiltonian = dynamic_cast<const Hamiltonian&>(hnn.dynamics());
  const auto states = hnn.rollout(circle(4), 20, 0.125);
  const Tensor before = hamiltonian.energy(states.front().q, states.front().p),
               after = hamiltonian.energy(states.back().q, states.back().p);
  CHECK(at::allclose(before, after, 0, 1e-6));
  run.network->to(at::kFloat);
}

TEST_CASE("the baseline learns the same without an energy, in batches of single points, too") {
  const TemporaryDirectory directory;
  apps::Json json = of_states("baseline_mlp");
  json["data"] = {{"points", 1}, {"reverse", true}};
  SmallRun run(directory / "run", json);
  run.trainer.train({}, {});
  const WindowReader reader(run.data.reader, Observation::states);
  const Validation validation = run.network->validate(reader.read({{0, 0, false}, {5, 0, false}}, 8));
  CHECK(validation.error.mean().item<double>() < 0.06);
  CHECK(!validation.energy.defined());
}

TEST_CASE("a law that has no Hamiltonian is refused by schemes that need one") {
  const TemporaryDirectory directory;
  CHECK_THROWS_WITH_AS(
      SmallRun(directory / "run", {{"model", "latent_ode"}, {"integrator", {{"method", "leapfrog"}}}}),
      doctest::Contains("integrator.method"), schemas::FieldError);
  const tests::LeakingOscillator leaking(0.1);
  CHECK_THROWS_AS(make_stepper("leapfrog", leaking, {}), schemas::FieldError);
  CHECK_NOTHROW(make_stepper("rk4", leaking, {}));
}

TEST_CASE("every model of videos trains, and rolls out frames of the right shape in both directions") {
  for (const char* name : {"hgn", "latent_ode", "pixel_hnn", "pixel_hnn_conv"}) {
    CAPTURE(name);
    const TemporaryDirectory directory;
    apps::Json json{{"model", name}, {"train", {{"steps", 20}}}};
    if (std::string(name) == "pixel_hnn") json["autoencoder"] = {{"hidden", {16, 16, 16}}};
    SmallRun run(directory / "run", json);
    CHECK(run.trainer.train({}, {}) == Ending::finished);
    const auto& video = dynamic_cast<const VideoModel&>(*run.network);
    const Tensor frames = read_windows(run.data.reader, "frames", {{0, 0, false}, {1, 0, false}}, 8);
    const PhaseSpace start = video.infer(frames);
    for (const double speed : {1.0, -1.0, 0.5}) {
      const Rollout rollout = video.show(video.rollout(start, 5, speed));
      CHECK(rollout.frames.sizes() == at::IntArrayRef{2, 5, 3, 16, 16});
      CHECK(rollout.frames.isfinite().all().item<bool>());
      CHECK(rollout.energy.defined() == (std::string(name) != "latent_ode"));
    }
  }
}

TEST_CASE("PixelHNN's loss is the sum of its parts, as eq. 15 has it") {
  const TemporaryDirectory directory;
  SmallRun run(
      directory / "run",
      {{"model", "pixel_hnn"},
       {"autoencoder", {{"hidden", {16, 16, 16}}}},
       {"objective",
        {{"autoencoder_weight", 3}, {"canonical_weight", 2}, {"hnn_weight", 0.5}, {"weight_decay", 0.01}}}});
  const WindowReader reader(run.data.reader, Observation::frames);
  const LossTerms terms = run.network->loss(reader.read({{0, 0, false}, {7, 3, false}}, 3), {});
  double squares = 0;
  for (const Tensor& parameter : run.network->parameters())
    squares += parameter.square().sum().item<double>();
  const auto part = [&](const char* name) { return terms.averaged.of(name).item<double>(); };
  CHECK(terms.loss.item<double>() ==
        Approx(3 * part("mse") + 2 * part("canonical") + 0.5 * part("hnn") + 0.005 * squares).epsilon(1e-5));
}
