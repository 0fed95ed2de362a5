#include "model/motion/refinement.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "model/base/random.hpp"
#include "model/base/tensors.hpp"
#include "model/data/batches.hpp"
#include "model/motion/hgn.hpp"
#include "tests/model/small_dataset.hpp"

using namespace hamgen;
using namespace hamgen::model;

namespace {

constexpr std::int64_t frames = 12, pixels = 9;

// Oscillators of frequency 1, seen as bumps on rows of pixels, one row for each of the first `seen` coordinates.
FrameModel oscillators(std::int64_t seen) {
  return {.positions =
              [](const PhaseSpace& start) {
                const Tensor t = at::arange(frames).to(at::kFloat).view({1, frames, 1}) * 0.3F;
                const auto flat = [](const Tensor& x) { return x.flatten(1).unsqueeze(1); };
                return flat(start.q) * t.cos() + flat(start.p) * t.sin();
              },
          .pictures =
              [seen](const Tensor& positions) {
                const Tensor places = at::linspace(-2, 2, pixels, at::kFloat);
                return (-(places - positions.narrow(1, 0, seen).unsqueeze(-1)).square()).exp().flatten(1);
              }};
}

PhaseSpace states(std::int64_t count, std::int64_t coordinates, std::uint64_t seed, double size) {
  auto generator = make_generator(seed);
  const auto some = [&] { return at::rand({count, coordinates, 1, 1}, generator, at::kFloat); };
  return {size * (2 * some() - 1), size * (2 * some() - 1)};
}

Tensor pictures_of(const FrameModel& model, const PhaseSpace& state) {
  return model.pictures(model.positions(state).flatten(0, 1));
}

double error(const FrameModel& model, const PhaseSpace& state, const Tensor& seen) {
  return (pictures_of(model, state) - seen).square().sum().item<double>();
}

double distance(const PhaseSpace& a, const PhaseSpace& b) {
  return std::max((a.q - b.q).abs().max().item<double>(), (a.p - b.p).abs().max().item<double>());
}

}  // namespace

TEST_CASE("steps of Gauss and Newton find the state that frames without noise were made from") {
  for (const std::int64_t coordinates : {1, 2, 3}) {
    CAPTURE(coordinates);
    const FrameModel model = oscillators(coordinates);
    const PhaseSpace truth = states(8, coordinates, 1, 1), away = states(8, coordinates, 2, 0.2);
    const PhaseSpace start{truth.q + away.q, truth.p + away.p};
    const Tensor seen = pictures_of(model, truth);
    CHECK(distance(refined(model, start, seen, 0), start) == 0);
    CHECK(distance(refined(model, start, seen, 1), truth) < 0.3 * distance(start, truth));
    CHECK(distance(refined(model, start, seen, 6), truth) < 1e-3);
  }
}

TEST_CASE("of noisy frames they find the least squares, sequence by sequence, and never go away from them") {
  const FrameModel model = oscillators(2);
  const PhaseSpace truth = states(8, 2, 3, 1), away = states(8, 2, 4, 0.2);
  const PhaseSpace start{truth.q + away.q, truth.p + away.p};
  const Tensor clean = pictures_of(model, truth);
  const Tensor seen = clean + 0.3 * at::randn(clean.sizes(), make_generator(5), at::kFloat);
  double before = error(model, start, seen);
  for (std::int64_t steps = 1; steps < 6; ++steps) {
    const double now = error(model, refined(model, start, seen, steps), seen);
    CHECK(now <= before);
    before = now;
  }
  const PhaseSpace found = refined(model, start, seen, 8);
  CHECK(error(model, found, seen) < error(model, truth, seen));
  for (const double by : {-0.02, 0.02}) {
    CHECK(error(model, {found.q + by, found.p}, seen) > error(model, found, seen));
    CHECK(error(model, {found.q, found.p + by}, seen) > error(model, found, seen));
  }
  const auto first = [](const PhaseSpace& state) {
    return PhaseSpace{state.q.slice(0, 0, 1), state.p.slice(0, 0, 1)};
  };
  CHECK(distance(refined(model, first(start), seen.slice(0, 0, frames), 3),
                 first(refined(model, start, seen, 3))) < 1e-4);
}

TEST_CASE("what no frame shows stays, and so does a state whose frames are no numbers") {
  const FrameModel half = oscillators(1);  // of two coordinates
  const PhaseSpace truth = states(4, 2, 6, 1), away = states(4, 2, 7, 0.2);
  const PhaseSpace start{truth.q + away.q, truth.p + away.p};
  const PhaseSpace found = refined(half, start, pictures_of(half, truth), 4);
  CHECK(at::allclose(found.q.select(1, 0), truth.q.select(1, 0), 1e-2, 1e-2));
  CHECK(at::equal(found.q.select(1, 1), start.q.select(1, 1)));
  CHECK(at::equal(found.p.select(1, 1), start.p.select(1, 1)));
  const FrameModel faint{.positions = half.positions, .pictures = [&](const Tensor& positions) {
                           auto generator = make_generator(8);
                           const Tensor pattern = at::randn({pixels}, generator, at::kFloat);
                           return half.pictures(positions) + 1e-5 * positions.narrow(1, 1, 1) * pattern;
                         }};
  const PhaseSpace stays =
      refined(faint, start,
              pictures_of(faint, truth) + 0.3 * at::randn({48, pixels}, make_generator(9), at::kFloat), 2);
  CHECK((stays.q - start.q).select(1, 1).abs().max().item<double>() < 1);  // not by hundreds
  CHECK((stays.p - start.p).select(1, 1).abs().max().item<double>() < 1);  // not by hundreds
  FrameModel broken = half;
  broken.pictures = [](const Tensor& positions) {
    return at::full({positions.size(0), pixels}, std::numeric_limits<float>::quiet_NaN());
  };
  CHECK(distance(refined(broken, start, pictures_of(half, truth), 2), start) == 0);
}

TEST_CASE("a model refines what its encoder gives, by the frames that this saw and no others") {
  const auto settings = [](std::int64_t steps, bool is_vector = true) {
    return tests::small_config({{"latent",
                                 {{"shape", is_vector ? "vector" : "image"},
                                  {"dimension", is_vector ? apps::Json(2) : apps::Json(nullptr)},
                                  {"refine", steps}}},
                                {"data", {{"context", 5}}},
                                {"encoder", {{"filters", {8, 8, 8}}}},
                                {"objective", {{"consistency", 0}}},
                                {"hamiltonian", {{"network", "dense"}}}})
        .settings;
  };
  const DataShape shape{9, 32, 0.2, {0.35, 0.4, 0.3}, {0.13, 0.09, 0.02}};
  const Hgn hgn(settings(2), shape), plain(settings(0), shape);
  const Tensor video = at::empty({3, 9, 32, 32, 3}, at::kByte).random_(0, 256, make_generator(1));
  const PhaseSpace encoded = hgn.infer_at_once(video), inferred = hgn.infer(video);
  CHECK(distance(encoded, plain.infer(video)) == 0);
  CHECK(distance(encoded, inferred) > 0);
  const auto missed = [&](const PhaseSpace& state) {
    return (hgn.show(hgn.window(state, 5)).frames - to_pixels(video.slice(1, 0, 5), 32))
        .square()
        .sum()
        .item<double>();
  };
  CHECK(missed(inferred) < missed(encoded));
  Tensor other = video.clone();
  other.slice(1, 5).fill_(0);
  CHECK(distance(hgn.infer(other), inferred) == 0);
  CHECK_THROWS_WITH_AS(Hgn(settings(1, false), shape), doctest::Contains("latent.refine"),
                       schemas::FieldError);
}
