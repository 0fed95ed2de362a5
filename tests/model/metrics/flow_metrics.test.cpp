#include "model/metrics/flow_metrics.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <numbers>

#include "model/base/random.hpp"

using namespace hamgen;
using namespace hamgen::model;

namespace {

constexpr double pi = std::numbers::pi;

Tensor randn(at::IntArrayRef shape, std::uint64_t seed) {
  return at::randn(shape, make_generator(seed), at::TensorOptions(at::kDouble));
}

}  // namespace

TEST_CASE("directions are those in which states deviate, wherever these point") {
  const Tensor axes = std::get<0>(at::linalg_qr(randn({6, 6}, 1)));
  const auto moving = [&](std::vector<double> deviations) {
    return (randn({500, 6}, 2) * at::tensor(deviations, at::kDouble)).matmul(axes) + 3;
  };
  CHECK(directions(moving({1, 1, 1, 1, 1, 1})) == 6);
  CHECK(directions(moving({1, 0.5, 0.1, 0.003, 0.001, 0})) == 3);
  CHECK(directions(moving({5, 0, 0, 0, 0, 0})) == 1);
}

TEST_CASE("a stretch is the largest singular value of a map in units of the spread") {
  const Tensor map = at::tensor({2.0, 0.0, 3.0, 0.5}, at::kDouble).view({2, 2});
  const auto linear = [&](const Tensor& rows) { return rows.matmul(map.t()) + 7; };
  const Tensor starts = randn({5, 2}, 3);
  const auto values = at::linalg_svdvals(map);
  const Stretch plain = stretch(linear, starts, at::ones({2}, at::kDouble));
  CHECK(at::allclose(plain.largest, values[0].expand({5}), 1e-6));
  CHECK(at::allclose(plain.smallest, values[1].expand({5}), 1e-6));
  // Other units of the same motion change nothing.
  const Tensor units = at::tensor({10.0, 0.1}, at::kDouble);
  const Stretch scaled =
      stretch([&](const Tensor& rows) { return linear(rows / units) * units; }, starts * units, units);
  CHECK(at::allclose(scaled.largest, plain.largest, 1e-6));
  const Stretch broken = stretch(
      [&](const Tensor& rows) {
        return at::where(rows.narrow(1, 0, 1) > starts[0][0] - 1e-9, linear(rows), rows / 0.0);
      },
      starts.slice(0, 0, 1).repeat({2, 1}) - at::tensor({0.0, 0.0, 9.0, 0.0}, at::kDouble).view({2, 2}),
      at::ones({2}, at::kDouble));
  CHECK(broken.largest[0].item<double>() == doctest::Approx(values[0].item<double>()));
  CHECK(std::isnan(broken.largest[1].item<double>()));
}

TEST_CASE("frequencies are counted between rises, of any coordinate that goes round once a turn") {
  const Tensor t = at::arange(200, at::kDouble) * 0.1,
               phase = at::linspace(0, 2 * pi, 20, at::kDouble).view({-1, 1});
  const Tensor angle = 2 * pi * 0.7 * t + phase;
  for (const Tensor& q : {angle.sin(), 5 - 3 * angle.sin(), (angle.sin() + 0.3 * (2 * angle).cos()).exp()})
    CHECK(at::allclose(frequencies(q, 0.1), at::full({20}, 0.7, at::kDouble), 2e-3));
  CHECK(frequencies(t.view({1, -1}), 0.1).isnan().all().item<bool>());
  CHECK(frequencies(at::zeros({1, 50}, at::kDouble), 0.1).isnan().all().item<bool>());
  CHECK(frequencies((0.1 * t).sin().view({1, -1}), 0.1).isnan().all().item<bool>());  // a third of a turn
}

TEST_CASE("frequency errors are told by amplitude, and orbits without a frequency are left out") {
  const Tensor amplitude = at::linspace(2, 0, 52, at::kDouble), exact = at::full({52}, 1.5, at::kDouble);
  Tensor learned = exact * (1 + 0.01 * amplitude);
  learned[3] = NAN;
  exact[7] = NAN;
  const FrequencyErrors errors = frequency_errors(learned, exact, amplitude);
  CHECK(errors.orbits == 50);
  REQUIRE(errors.fifths.size() == 5);
  CHECK(errors.fifths[0].orbits == 10);
  CHECK(errors.fifths[0].least == 0);
  CHECK(errors.fifths[4].greatest == 2);
  CHECK(errors.fifths[0].mean == doctest::Approx(0.01 * amplitude.slice(0, 42).mean().item<double>()));
  for (std::size_t i = 1; i < 5; ++i) CHECK(errors.fifths[i].mean > errors.fifths[i - 1].mean);
  CHECK(frequency_errors(learned.slice(0, 0, 9), exact.slice(0, 0, 9), amplitude.slice(0, 0, 9))
            .fifths.empty());
  CHECK(std::isnan(frequency_errors(learned.slice(0, 3, 4), exact.slice(0, 3, 4), amplitude.slice(0, 3, 4))
                       .mean_absolute));
}
