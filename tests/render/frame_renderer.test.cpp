// Frames against the analytic formula of render/canvas.hpp, evaluated in double precision, and against Cairo.
#include "render/frame_renderer.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include "render/picture.hpp"
#include "tests/render/cairo_painter.hpp"

using namespace hamgen::render;
using hamgen::simulators::Disc;
using hamgen::simulators::Scene;

namespace {

Canvas canvas_of(std::size_t size, double sharpness = 80) {
  return {.size = size, .background = {0.321, 0.349, 0.368}, .sharpness = sharpness};
}

// The formula, pixel by pixel: [W * W * 3] in grey levels, not rounded.
std::vector<double> formula(const Canvas& canvas, const Scene& scene) {
  const double width = static_cast<double>(canvas.size), h = scene.view.half_width;
  std::vector<double> values;
  for (std::size_t i = 0; i < canvas.size; ++i)
    for (std::size_t j = 0; j < canvas.size; ++j) {
      const double x = scene.view.center_x + ((2.0 * static_cast<double>(j) + 1) / width - 1) * h;
      const double y = scene.view.center_y + (1 - (2.0 * static_cast<double>(i) + 1) / width) * h;
      for (std::size_t c = 0; c < 3; ++c) {
        double value = canvas.background[c];
        for (const Disc& disc : scene.discs) {
          const double depth =
              (disc.radius - std::hypot(x - disc.x, y - disc.y)) / (2 * h) * canvas.sharpness;
          value += (disc.color[c] - value) / (1 + std::exp(-depth));
        }
        values.push_back(255 * value);
      }
    }
  return values;
}

double largest_error(const Canvas& canvas, const Scene& scene, const std::vector<std::uint8_t>& rgb) {
  const auto exact = formula(canvas, scene);
  double largest = 0;
  for (std::size_t k = 0; k < rgb.size(); ++k) largest = std::max(largest, std::abs(exact[k] - rgb[k]));
  return largest;
}

std::vector<std::uint8_t> draw(const Canvas& canvas, const Scene& scene) {
  std::vector<std::uint8_t> rgb(canvas.frame_bytes());
  FrameRenderer(canvas).render(scene, rgb);
  return rgb;
}

class Scenes {
 public:
  // Discs of about `radius`, anywhere in the view and beyond, or all heaped up in its middle.
  Scene draw(std::size_t discs, double radius, bool is_heap) {
    Scene scene;
    scene.view = {0.3, -0.2, 2.75};
    const double spread = is_heap ? 0.3 : 3;
    for (std::size_t i = 0; i < discs; ++i)
      scene.discs.push_back({0.3 + spread * symmetric_(random_),
                             -0.2 + spread * symmetric_(random_),
                             radius * unit_(random_),
                             {unit_(random_) > 0.75 ? 1.0 : 0.0, unit_(random_) - 0.5, 1}});
    return scene;
  }

 private:
  std::mt19937 random_{7};
  std::uniform_real_distribution<double> symmetric_{-1, 1}, unit_{0.5, 1};
};

}  // namespace

TEST_CASE("a frame is within 1/255 of the formula, for any size, edge, radius and overlap") {
  Scenes scenes;
  for (const std::size_t size : {8U, 32U, 40U, 64U, 136U})
    for (const double sharpness : {5.0, 80.0, 1000.0})
      for (const double radius : {0.8, 0.2, 0.01})
        for (const bool is_heap : {false, true}) {
          const Canvas canvas = canvas_of(size, sharpness);
          FrameRenderer renderer(canvas);
          std::vector<std::uint8_t> rgb(canvas.frame_bytes());
          for (int repetition = 0; repetition < 4; ++repetition) {
            const Scene scene = scenes.draw(12, radius, is_heap);
            renderer.render(scene, rgb);
            CAPTURE(size);
            CAPTURE(sharpness);
            CAPTURE(radius);
            CHECK(largest_error(canvas, scene, rgb) < 1);
          }
        }
}

TEST_CASE("Cairo's radial gradients draw the same picture") {
  Scenes scenes;
  const Canvas canvas = canvas_of(64);
  for (int repetition = 0; repetition < 10; ++repetition) {
    const Scene scene = scenes.draw(3, 0.6, false);
    const auto ours = draw(canvas, scene), cairos = paint_with_cairo(canvas, scene);
    int largest = 0;
    for (std::size_t k = 0; k < ours.size(); ++k) largest = std::max(largest, std::abs(ours[k] - cairos[k]));
    CHECK(largest <= 3);
  }
}

TEST_CASE("a disc's centroid lies within 0.02 pixels of its mapped position") {
  const Canvas canvas{.size = 64, .background = {0, 0, 0}};
  std::mt19937 random(3);
  std::uniform_real_distribution<double> position(-1.2, 1.2);
  for (int repetition = 0; repetition < 50; ++repetition) {
    Scene scene;
    scene.view = {0, 0, 2.75};
    scene.discs = {{position(random), position(random), 0.564, {1, 1, 1}}};
    const auto rgb = draw(canvas, scene);
    double sum = 0, column = 0, row = 0;
    for (std::size_t i = 0; i < 64; ++i)
      for (std::size_t j = 0; j < 64; ++j) {
        const double weight = rgb[3 * (64 * i + j)];
        sum += weight;
        column += weight * (static_cast<double>(j) + 0.5);
        row += weight * (static_cast<double>(i) + 0.5);
      }
    const double scale = 64 / 5.5;
    CHECK(std::abs(column / sum - (32 + scene.discs[0].x * scale)) < 0.02);
    CHECK(std::abs(row / sum - (32 - scene.discs[0].y * scale)) < 0.02);  // y up
  }
}

TEST_CASE("later discs cover earlier ones") {
  Scene scene;
  scene.discs = {{0, 0, 0.5, {1, 0, 0}}, {0, 0, 0.5, {0, 1, 0}}};
  const auto rgb = draw(canvas_of(64), scene);
  const std::uint8_t* const centre = &rgb[3 * (64 * 32 + 32)];
  CHECK(centre[0] == 0);
  CHECK(centre[1] == 255);
}

TEST_CASE("a scene out of view leaves the background, and a renderer forgets the frame before") {
  const Canvas canvas = canvas_of(32);
  FrameRenderer renderer(canvas);
  std::vector<std::uint8_t> used(canvas.frame_bytes()), fresh(canvas.frame_bytes());
  Scenes scenes;
  renderer.render(scenes.draw(5, 0.8, false), used);
  Scene away;
  away.discs = {{50, -70, 0.5, {1, 1, 1}}};
  renderer.render(away, used);
  FrameRenderer(canvas).render(Scene{}, fresh);
  CHECK(used == fresh);
  const std::uint8_t background[] = {82, 89, 94};
  for (std::size_t k = 0; k < used.size(); ++k) REQUIRE(used[k] == background[k % 3]);
}

TEST_CASE("the frame's sums are those of its bytes") {
  Scenes scenes;
  for (const std::size_t size : {8U, 64U, 136U}) {
    const Canvas canvas = canvas_of(size);
    std::vector<std::uint8_t> rgb(canvas.frame_bytes());
    const ChannelSums sums = FrameRenderer(canvas).render(scenes.draw(4, 0.6, false), rgb);
    std::uint64_t sum[3] = {}, squares[3] = {};
    for (std::size_t k = 0; k < rgb.size(); ++k) {
      sum[k % 3] += rgb[k];
      squares[k % 3] += std::uint64_t{rgb[k]} * rgb[k];
    }
    CHECK(sums.pixels == size * size);
    for (std::size_t c = 0; c < 3; ++c) {
      CHECK(sums.sum[c] == sum[c]);
      CHECK(sums.sum_of_squares[c] == squares[c]);
    }
  }
}

TEST_CASE("mean and standard deviation, on values known by heart") {
  ChannelSums sums;
  sums.pixels = 2;
  sums.sum = {255, 0, 510};
  sums.sum_of_squares = {255 * 255, 0, 2 * 255 * 255};
  CHECK(sums.mean(0) == doctest::Approx(0.5));
  CHECK(sums.standard_deviation(0) == doctest::Approx(0.5));
  CHECK(sums.standard_deviation(2) == doctest::Approx(0));
}

TEST_CASE("pixel centres: x to the right, y upwards") {
  const auto x = column_x(4, 2.0), y = row_y(4, 2.0);
  CHECK(x == std::vector<double>{-1.5, -0.5, 0.5, 1.5});
  CHECK(y == std::vector<double>{1.5, 0.5, -0.5, -1.5});
}

TEST_CASE("a picture that cannot be written is an error with the file's name") {
  const std::vector<Picture> frames(2, Picture(8, 8));
  CHECK_THROWS_WITH_AS(write_gif("/nowhere/a.gif", frames, 8), doctest::Contains("/nowhere/a.gif"),
                       PictureError);
  CHECK_THROWS_WITH_AS(write_png("/nowhere/a.png", to_surface(frames[0])),
                       doctest::Contains("/nowhere/a.png"), PictureError);
}
