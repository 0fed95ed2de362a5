// Tables of grey rectangles: each pixel is the mean over its area, tile edges between pixels included.
#include <doctest/doctest.h>

#include <cmath>

#include "render/frame_renderer.hpp"

using namespace hamgen::render;
using hamgen::simulators::Scene;

namespace {

Canvas canvas_of(std::size_t size) {
  return {.size = size, .background = {0.321, 0.349, 0.368}, .sharpness = 80};
}

std::vector<std::uint8_t> draw(const Canvas& canvas, const Scene& scene) {
  std::vector<std::uint8_t> rgb(canvas.frame_bytes());
  const ChannelSums sums = FrameRenderer(canvas).render(scene, rgb);
  std::uint64_t red = 0;
  for (std::size_t k = 0; k < rgb.size(); k += 3) red += rgb[k];
  CHECK(sums.sum[0] == red);
  return rgb;
}

// The world's value at a point, in the first channel.
double value_at(const Canvas& canvas, const Scene& scene, double x, double y) {
  const auto& tiles = scene.tiles;
  const double h = tiles.half_width;
  if (std::abs(x) >= h || std::abs(y) >= h) return canvas.background[0];
  const auto column = static_cast<std::size_t>((x + h) / (2 * h) * static_cast<double>(tiles.columns));
  const auto row = static_cast<std::size_t>((h - y) / (2 * h) * static_cast<double>(tiles.rows));
  return tiles.values[row * tiles.columns + column];
}

}  // namespace

TEST_CASE("tiles fill their square, first row on top, each pixel its area's mean") {
  for (const std::size_t size : {32U, 64U}) {
    for (const double shift : {0.0, 0.3}) {
      CAPTURE(size);
      CAPTURE(shift);
      const Canvas canvas = canvas_of(size);
      Scene scene;
      scene.view = {shift, -shift / 2, 1};
      scene.tiles = {.rows = 3, .columns = 2, .half_width = 1, .values = {0, 0.2, 0.4, 0.6, 0.8, 1}};
      const auto rgb = draw(canvas, scene);
      const auto width = static_cast<double>(size);
      constexpr int samples = 40;  // along each side of a pixel
      double worst = 0;
      for (std::size_t i = 0; i < size; ++i)
        for (std::size_t j = 0; j < size; ++j) {
          double mean = 0;
          for (int a = 0; a < samples; ++a)
            for (int b = 0; b < samples; ++b) {
              const double x =
                  (2 * (static_cast<double>(j) + (b + 0.5) / samples) / width - 1) + scene.view.center_x;
              const double y =
                  (1 - 2 * (static_cast<double>(i) + (a + 0.5) / samples) / width) + scene.view.center_y;
              mean += value_at(canvas, scene, x, y) / (samples * samples);
            }
          worst = std::max(worst, std::abs(255 * mean - rgb[3 * (i * size + j)]));
        }
      CHECK(worst <= 0.5 + 255.0 / samples);  // rounding, and the samples' own coarseness
    }
  }
}

TEST_CASE("discs cover tiles, and the next frame has neither") {
  const Canvas canvas = canvas_of(32);
  Scene scene;
  scene.tiles = {.rows = 1, .columns = 1, .half_width = 1, .values = {1}};
  scene.discs.push_back({0, 0, 0.5, {0, 0, 0}});
  FrameRenderer renderer(canvas);
  std::vector<std::uint8_t> rgb(canvas.frame_bytes());
  renderer.render(scene, rgb);
  CHECK(rgb[3 * (16 * 32 + 16)] <= 1);
  CHECK(rgb[0] == 255);
  renderer.render(Scene{}, rgb);
  CHECK(rgb == draw(canvas, Scene{}));
}
