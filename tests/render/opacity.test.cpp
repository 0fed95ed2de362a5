// Sprites are memory for time: with them and without them the values are the same.
#include "render/opacity.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace hamgen::render;

namespace {

constexpr std::size_t width = 1024;

PixelDisc disc_of(double radius) {
  const double sharpness = 80.0 / width;
  return {.column = 400.3,
          .row = 511.8,
          .radius = radius,
          .sharpness = sharpness,
          .reach = radius + std::log(2550.0) / sharpness};
}

// Every seventh row of a frame, all of it.
std::vector<std::int16_t> painted(OpacityPainter& painter, const PixelDisc& disc) {
  std::vector<Stretch> stretches;
  for (std::size_t row = 0; row < width; row += 7)
    if (std::abs(static_cast<double>(row) - disc.row) < disc.reach) {
      const double left = std::max(0.0, disc.column - disc.reach), right = disc.column + disc.reach;
      const auto begin = static_cast<std::size_t>(left),
                 end = std::min(width, static_cast<std::size_t>(right));
      stretches.push_back({row, begin, (end - begin) / stretch_unit * stretch_unit});
    }
  std::vector<std::int16_t> alpha(width * stretches.size());
  painter.paint(disc, stretches, alpha.data());
  return alpha;
}

}  // namespace

TEST_CASE("sprites take no more than 64 MiB, and discs for which there is no room are painted alike") {
  OpacityPainter full;
  for (double radius = 300; radius < 310; ++radius) painted(full, disc_of(radius));
  CHECK(full.kept_bytes() > OpacityPainter::most_bytes / 2);
  for (double radius = 400; radius < 500; radius += 10) {
    CAPTURE(radius);
    OpacityPainter empty;
    CHECK(painted(full, disc_of(radius)) == painted(empty, disc_of(radius)));
    CHECK(empty.kept_bytes() > 0);
    CHECK(full.kept_bytes() <= OpacityPainter::most_bytes);
  }
}

TEST_CASE("a disc may be larger than any frame") {
  OpacityPainter painter;
  for (const double radius : {1e4, 1e6, 1e9}) {
    CAPTURE(radius);
    CHECK(painted(painter, disc_of(radius)).front() == opaque);
    CHECK(painter.kept_bytes() <= OpacityPainter::most_bytes);
  }
}
