#include "apps/fit/frame_sheet.hpp"

#include <doctest/doctest.h>

using namespace hamgen;
using namespace hamgen::apps;

namespace {

// [T, 3, S, S]: frame t is of the grey level t / T.
at::Tensor ramp(std::int64_t frames, std::int64_t size) {
  return (at::arange(frames, at::kFloat) / static_cast<double>(frames))
      .view({frames, 1, 1, 1})
      .expand({frames, 3, size, size})
      .contiguous();
}

int red_at(const render::Picture& picture, std::size_t x, std::size_t y) {
  return picture.rgb[(y * picture.width + x) * 3];
}

}  // namespace

TEST_CASE("a strip has every frame of every row, side by side and as they are") {
  const render::Picture picture = strip({{"one", ramp(10, 8)}, {"two", 1 - ramp(10, 8)}});
  CHECK(picture.width == 80);
  CHECK(picture.height == 16);
  for (std::size_t t = 0; t < 10; ++t) {
    const int level = static_cast<int>(std::lround(25.5 * static_cast<double>(t)));
    CHECK(std::abs(red_at(picture, 8 * t + 3, 4) - level) <= 1);
    CHECK(std::abs(red_at(picture, 8 * t + 3, 12) - (255 - level)) <= 1);
  }
}

TEST_CASE("values beyond black and white are cut, not wrapped") {
  const render::Picture picture =
      strip({{"too bright", at::full({1, 3, 8, 8}, 1.7)}, {"too dark", at::full({1, 3, 8, 8}, -0.4)}});
  CHECK(red_at(picture, 4, 4) == 255);
  CHECK(red_at(picture, 4, 12) == 0);
}

TEST_CASE("an animation shows frame t of every row at once") {
  const auto pictures = animation({{"one", ramp(5, 16)}, {"two", 1 - ramp(5, 16)}});
  REQUIRE(pictures.size() == 5);
  const std::size_t tile = (pictures[0].width - 4) / 2;
  CHECK(pictures[0].height == tile);
  CHECK(red_at(pictures[2], tile / 2, tile / 2) == 102);
  CHECK(red_at(pictures[2], tile + 4 + tile / 2, tile / 2) == 153);
}

TEST_CASE("a sheet shows the first and the last frame, and grows with its rows and notes") {
  const auto height = [](const Sheet& sheet) {
    const render::Surface surface = draw(sheet);
    return cairo_image_surface_get_height(surface.get());
  };
  Sheet sheet{"title", {{"truth", ramp(31, 32)}, {"model", ramp(31, 32)}}, {}};
  const render::Surface surface = draw(sheet);
  const int tile = 2 * 32, width = cairo_image_surface_get_width(surface.get());
  CHECK(width == 104 + 11 * (tile + 4) + 4);  // eleven of 31 frames
  const auto level_at = [&](int x, int y) {
    const auto* const row =
        cairo_image_surface_get_data(surface.get()) + y * cairo_image_surface_get_stride(surface.get());
    return static_cast<int>(row[4 * x]);
  };
  CHECK(level_at(104 + tile / 2, 44 + tile / 2) == 0);
  CHECK(level_at(width - 8 - tile / 2, 44 + tile / 2) == static_cast<int>(std::lround(255.0 * 30 / 31)));
  const int plain = height(sheet);
  sheet.notes = {"a note"};
  CHECK(height(sheet) == plain + 18);
  sheet.rows[1].is_spaced = true;
  CHECK(height(sheet) == plain + 18 + 12);
}

TEST_CASE("more than a picture can hold is refused in words") {
  CHECK_THROWS_WITH_AS(strip({{"long", at::zeros({40'000, 3, 1, 1})}}), doctest::Contains("too large"),
                       render::PictureError);
}
