#include "model/data/coarse_coordinates.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <numbers>

#include "model/base/random.hpp"
#include "model/base/tensors.hpp"
#include "schemas/field.hpp"

using namespace hamgen;
using namespace hamgen::model;

namespace {

constexpr std::int64_t sequences = 40, steps = 20, size = 32;

// A disc of radius 3 pixels and one colour where x and y say, [N, T] each, in [-1, 1]: u8 [N, T, size, size, 3].
at::Tensor disc(const at::Tensor& x, const at::Tensor& y, std::array<double, 3> colour) {
  const auto places = (at::arange(size, at::kDouble) + 0.5) * 2 / size - 1;
  const auto along = [&](const at::Tensor& centre, std::int64_t place) {
    const at::Tensor across = places.view({1, 1, place == 0 ? 1 : size, place == 0 ? size : 1});
    return (across - centre.view({centre.size(0), centre.size(1), 1, 1})).square();
  };
  const at::Tensor radius = (along(x, 0) + along(y, 1)).sqrt() * size / 2;
  const at::Tensor cover = (3.5 - radius).clamp(0, 1);
  const at::Tensor paint = at::tensor({colour[0], colour[1], colour[2]}, at::kDouble);
  return (cover.unsqueeze(-1) * paint * 255).round().to(at::kByte);
}

// An angle that swings by up to `amplitude`, [N, T]; a sequence is `apart` of an oscillation from the next.
at::Tensor swings(double amplitude, double apart = 0.7, double step = 0.3) {
  const at::Tensor phase = at::arange(sequences, at::kDouble).view({-1, 1}) * apart,
                   t = at::arange(steps, at::kDouble) * step;
  const at::Tensor size_of = 0.2 + 0.8 * at::linspace(0, 1, sequences, at::kDouble).view({-1, 1});
  return amplitude * size_of * (t + phase).sin();
}

at::Tensor noise(std::uint64_t seed, double deviation) {
  return deviation * at::randn({sequences, steps}, make_generator(seed), at::TensorOptions(at::kDouble));
}

CoarseCoordinates found_in(const at::Tensor& videos, std::int64_t most) {
  const at::Tensor centres = centres_of_frames(videos.flatten(0, 1));
  return {centres.view({videos.size(0), videos.size(1), -1}), most};
}

// Of all frames, in absolute value.
double correlation(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor x = a.flatten().to(at::kDouble), y = b.flatten().to(at::kDouble);
  return std::abs(at::corrcoef(at::stack({x, y}))[0][1].item<double>());
}

}  // namespace

TEST_CASE("centres of stored frames are those of their pixels, in any shape") {
  for (const auto& [height, width] : {std::pair{32, 32}, {8, 20}, {17, 3}}) {
    const at::Tensor frames = at::empty({70, height, width, 3}, at::kByte).random_(0, 256, make_generator(1));
    const at::Tensor pixels = frames.permute({0, 3, 1, 2}).to(at::kDouble) / 255;
    CHECK(at::allclose(centres_of_frames(frames), centres_of_colour(pixels).to(at::kFloat), 1e-6, 1e-7));
    CHECK(at::equal(centres_of_frames(frames.slice(0, 3, 9)), centres_of_frames(frames).slice(0, 3, 9)));
  }
  // Half of a frame as large as its sums allow, and of a larger one.
  for (const std::int64_t size : {2048, 2056})
    for (const std::int64_t axis : {1, 2}) {
      at::Tensor white = at::zeros({1, size, size, 3}, at::kByte);
      white.slice(axis, size / 2).fill_(255);
      const at::Tensor centre = centres_of_frames(white)[0];
      CHECK(at::allclose(centre.slice(0, axis == 2 ? 0 : 3, axis == 2 ? 3 : 6), at::full({3}, 0.25F), 1e-5));
      CHECK(centre.slice(0, axis == 2 ? 3 : 0, axis == 2 ? 6 : 3).abs().max().item<double>() < 1e-6);
    }
}

TEST_CASE("a disc that moves along a line has one coordinate, linear in its place, however noisy") {
  const at::Tensor x = swings(0.5) + noise(1, 0.1);
  const CoarseCoordinates coarse = found_in(disc(x, at::zeros_like(x) + 0.1, {1, 0.2, 0}), 3);
  CHECK(coarse.count() == 1);
  CHECK(coarse.directions() == 1);
  const at::Tensor found = coarse.of(disc(x, at::zeros_like(x) + 0.1, {1, 0.2, 0}));
  CHECK(found.sizes() == at::IntArrayRef{sequences, steps, 1});
  CHECK(correlation(found, x) > 0.9999);
}

TEST_CASE("noise has no direction of its own, and fast motion has") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    CAPTURE(seed);
    CHECK(found_in(disc(swings(0.5), noise(seed, 0.2), {1, 1, 1}), 6).count() == 1);
  }
  for (const double step : {1.0, 1.6, 2.0, 3.0}) {  // of the phase, from frame to frame
    CAPTURE(step);
    const at::Tensor x = swings(0.5, 0.7, step);
    CHECK(found_in(disc(x, at::zeros_like(x), {1, 1, 1}), 6).count() == 1);
  }
}

TEST_CASE(
    "two discs of two colours have the four coordinates of both, though they are never where the other is") {
  const auto videos = disc(swings(0.3, 0.7) - 0.5, swings(0.3, 1.1), {1, 0, 0}) +
                      disc(swings(0.3, 1.7) + 0.5, swings(0.3, 2.3), {0, 0.3, 1});
  const CoarseCoordinates coarse = found_in(videos, 6);
  CHECK(coarse.count() == 4);
  // The mean is 0, the variance 1.
  const at::Tensor found = coarse.of(videos).flatten(0, 1);
  CHECK(found.mean(0).abs().max().item<double>() < 1e-3);
  CHECK((found.std(0) - 1).abs().max().item<double>() < 0.01);
}

TEST_CASE("an arc of more than a half circle is unrolled where one coordinate is asked for") {
  const at::Tensor angle = swings(2.4) + noise(3, 0.05);
  const at::Tensor frames = disc(0.7 * angle.sin(), 0.7 * angle.cos(), {0.2, 1, 0.4});
  const CoarseCoordinates flat = found_in(frames, 2), curved = found_in(frames, 1);
  CHECK(flat.count() == 2);
  CHECK(curved.count() == 1);
  CHECK(curved.directions() == 2);
  CHECK(correlation(curved.of(frames), angle) > 0.999);
  CHECK(correlation(flat.of(frames).select(-1, 0), angle) < 0.97);  // folded
}

TEST_CASE("a closed curve keeps its two directions, and two ranges of an arc become one coordinate") {
  const at::Tensor begin =
      6.283 * at::rand({sequences, 1}, make_generator(4), at::TensorOptions(at::kDouble));
  const at::Tensor angle = begin + at::arange(steps, at::kDouble) * 0.4;
  CHECK(found_in(disc(0.7 * angle.sin(), 0.7 * angle.cos(), {1, 1, 1}), 1).count() == 2);
  const at::Tensor side = (at::arange(sequences) % 2).to(at::kDouble).view({-1, 1}) * 2 - 1;
  const at::Tensor apart = side * (1.4 + swings(0.5)), x = 0.7 * apart.sin(), y = 0.7 * apart.cos();
  const CoarseCoordinates both = found_in(disc(x, y, {1, 1, 1}), 1);
  CHECK(both.count() == 1);
  CHECK(correlation(both.of(disc(x, y, {1, 1, 1})), apart) > 0.99);
}

TEST_CASE(
    "the same frames give the same coordinates, and so do their tensors; nothing that moves gives none") {
  const at::Tensor x = swings(2.4), still = at::zeros_like(x);
  const at::Tensor frames = disc(0.7 * x.sin(), 0.7 * x.cos(), {1, 1, 1});
  const CoarseCoordinates one = found_in(frames, 1);
  CHECK(one.of(frames).equal(found_in(frames, 1).of(frames)));
  CHECK(one.of(frames).equal(CoarseCoordinates(one.tensors()).of(frames)));
  CHECK_THROWS_WITH_AS(found_in(disc(still, still, {1, 1, 1}), 1),
                       doctest::Contains("finds nothing that moves"), schemas::FieldError);
}
