// Metrics of rollouts, on models whose answers are known.
#include "model/metrics/dynamics_metrics.hpp"

#include <doctest/doctest.h>

#include "model/dynamics/energy_statistics.hpp"
#include "model/metrics/metrics.hpp"
#include "model/metrics/statistics.hpp"
#include "tests/model/imaginary_model.hpp"

using namespace hamgen;
using namespace hamgen::model;
using doctest::Approx;
using tests::ImaginaryModel;

namespace {

// States on circles of radius 0.5 to 1.5.
PhaseSpace states(std::int64_t count = 40) {
  const Tensor radius = at::linspace(0.5, 1.5, count, at::kDouble),
               angle = at::linspace(0, 20, count, at::kDouble);
  return {(radius * angle.cos()).unsqueeze(1), (radius * angle.sin()).unsqueeze(1)};
}

// The oscillator's true energy along a rollout.
Tensor energies(const std::vector<PhaseSpace>& rollout) {
  std::vector<Tensor> list;
  for (const PhaseSpace& state : rollout)
    list.push_back(0.5 * (state.q.square() + state.p.square()).squeeze(1));
  return at::stack(list, 1);
}

}  // namespace

TEST_CASE("there and back again: leapfrog returns, Euler misses by what its growth says") {
  const tests::Oscillator oscillator;
  const double dt = 0.1;
  const ImaginaryModel leapfrog(oscillator, "leapfrog", dt), euler(oscillator, "euler", dt);
  const Reversal exact = reversal(leapfrog, states(), 30), rough = reversal(euler, states(), 30);
  CHECK(relative_miss(exact.start, exact.end).max().item<double>() < 1e-13);
  CHECK(exact.pixel_mse.max().item<double>() < 1e-25);
  // Each step there and each step back multiplies the radius by sqrt(1 + dt^2); the angles cancel.
  const double growth = std::pow(1 + dt * dt, 30) - 1;
  const PhaseSpace start = states();
  const Tensor whole = at::cat({start.q, start.p}, 1);
  const Tensor expected = growth * whole.norm(2, 1) / (whole - whole.mean(0)).norm(2, 1);
  CHECK(at::allclose(relative_miss(rough.start, rough.end), expected, 1e-9, 1e-12));
}

TEST_CASE("leapfrog's step is symplectic; Euler's is off by dt^2, a leaking one by its loss") {
  const tests::Oscillator oscillator;
  const PhaseSpace few = states(4);
  CHECK(symplecticity(ImaginaryModel(oscillator, "leapfrog", 0.1), few) < 1e-14);
  // J = [[1, dt], [-dt, 1]]: J^T Omega J = (1 + dt^2) Omega.
  CHECK(symplecticity(ImaginaryModel(oscillator, "euler", 0.1), few) == Approx(0.01).epsilon(1e-9));
  const tests::LeakingOscillator leaking(0.5);
  // The area shrinks by exp(-loss dt).
  CHECK(symplecticity(ImaginaryModel(leaking, "rk4", 0.1), few) == Approx(1 - std::exp(-0.05)).epsilon(1e-4));
}

TEST_CASE("energy: conserved, leaking, and of a model that stands still") {
  const tests::Oscillator oscillator;
  const tests::LeakingOscillator leaking(0.2);
  const PhaseSpace start = states();
  const ImaginaryModel good(oscillator, "yoshida4", 0.05), bad(leaking, "rk4", 0.05);
  const auto kept = energy_statistics(energies(good.rollout(start, 61)));
  CHECK(kept.drift().item<double>() < 1e-6);
  const auto lost = energy_statistics(energies(bad.rollout(start, 61)));
  CHECK(lost.drift().item<double>() > 0.3);
  CHECK(energies(bad.rollout(start, 61)).select(1, 60).mean().item<double>() ==
        Approx(std::exp(-0.2 * 3) * energies({start}).mean().item<double>()).epsilon(0.1));
  const tests::Standstill standstill;
  const ImaginaryModel still(standstill, "leapfrog", 0.05);
  const Rollout rollout = still.show(still.rollout({start.q.to(at::kFloat), start.p.to(at::kFloat)}, 5));
  CHECK(std::isnan(energy_statistics(rollout.energy).drift().item<double>()));
  CHECK(at::equal(rollout.frames.select(1, 0), rollout.frames.select(1, 4)));
}

TEST_CASE("a perfect model has no error; a static one is as bad as the static image") {
  const tests::Oscillator oscillator;
  const tests::Standstill standstill;
  const PhaseSpace start{states().q.to(at::kFloat), states().p.to(at::kFloat)};
  ImaginaryModel perfect(oscillator, "rk4", 0.05);
  ImaginaryModel still(standstill, "leapfrog", 0.05);
  const Tensor truth = perfect.show(perfect.rollout(start, 31)).frames;
  const Tensor bytes = (truth * 255).round().to(at::kByte).permute({0, 1, 3, 4, 2}).contiguous();
  const double quantum = 1.0 / 255 / 255;  // frames are bytes, and so is the state that is read off them
  CHECK(perfect.validate({bytes, {}, {}, {}, {}, {}, {}}).error.max().item<double>() < quantum);
  const Tensor pixels = to_pixels(bytes, 8);
  const Tensor expected = (pixels - pixels.narrow(1, 0, 1)).square().flatten(1).mean(1);
  CHECK(at::allclose(still.validate({bytes, {}, {}, {}, {}, {}, {}}).error, expected, 1e-2, quantum));
}

TEST_CASE("predictions are valid until their error first exceeds 0.025 of the picture's mean square") {
  const Tensor mse =
      at::tensor({0.0, 0.1, 0.3, 0.2, 0.0, 0.0, 0.0, 0.0, 0.9, 0.0, 0.0, 0.0}, at::kDouble).view({3, 4});
  const Tensor square = at::full({3, 4}, 10.0, at::kDouble);  // so 0.25 is the limit
  const auto times = valid_times(mse, square, {0, 0.5, 1, 1.5});
  CHECK(times[0] == 1);
  CHECK(std::isinf(times[1]));
  CHECK(times[2] == 0);
  CHECK(valid_times(at::full({1, 2}, std::nan(""), at::kDouble), at::ones({1, 2}, at::kDouble), {0, 1})[0] ==
        0);
}

TEST_CASE("latents that vary over the data are active") {
  Tensor means = at::zeros({100, 3}, at::kDouble);
  means.select(1, 0).copy_(at::linspace(-1, 1, 100, at::kDouble));
  means.select(1, 1).copy_(at::linspace(-0.1, 0.1, 100, at::kDouble));  // variance 0.0034
  CHECK(active_latents(means) == 1);
}

TEST_CASE("intervals are Student's, and medians take infinite values for the largest") {
  const Interval interval = mean_interval({1, 2, 3, 4});
  CHECK(interval.mean == 2.5);
  CHECK(interval.half_width == Approx(3.182446305284263 * std::sqrt(5.0 / 3) / 2).epsilon(1e-9));
  CHECK(std::isnan(mean_interval({1}).half_width));
  std::vector<double> many(41, 0);
  for (std::size_t i = 0; i < many.size(); ++i) many[i] = static_cast<double>(i);
  CHECK(mean_interval(many).half_width ==
        Approx(2.0210753903 * std::sqrt(143.5 / 41)).epsilon(1e-9));  // of 0 to 40
  CHECK(mean_interval({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}).half_width ==
        Approx(2.2009851601 * std::sqrt(13.0 / 12)).epsilon(1e-9));
  CHECK(median({3, 1, 2}) == 2);
  CHECK(std::isinf(median({1, INFINITY, INFINITY})));
  CHECK(median({1, 2, 4, INFINITY}) == 3);
}
