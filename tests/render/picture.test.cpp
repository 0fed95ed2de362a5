// Pictures as files: whole, or refused in words.
#include "render/picture.hpp"

#include <doctest/doctest.h>

#include "tests/temporary_directory.hpp"

using namespace hamgen::render;

TEST_CASE("a GIF larger than the format can say is refused, and nothing is written") {
  const TemporaryDirectory directory;
  const auto file = directory / "a.gif";
  for (const auto& [width, height] : {std::pair<std::size_t, std::size_t>{65536, 1}, {1, 70000}}) {
    CHECK_THROWS_WITH_AS(write_gif(file, {Picture(width, height)}, 8),
                         doctest::Contains("at most 65535 pixels"), PictureError);
    CHECK_FALSE(std::filesystem::exists(file));
  }
  CHECK_NOTHROW(write_gif(file, {Picture(65535, 1)}, 8));
  CHECK(std::filesystem::file_size(file) > 100);
}

TEST_CASE("a picture is the same after a visit to Cairo") {
  Picture picture(5, 3);
  for (std::size_t i = 0; i < picture.rgb.size(); ++i) picture.rgb[i] = static_cast<std::uint8_t>(7 * i + 3);
  const Picture back = to_picture(to_surface(picture));
  CHECK(back.width == 5);
  CHECK(back.height == 3);
  CHECK(back.rgb == picture.rgb);
}

TEST_CASE("a picture that cannot be written names the file and the reason") {
  const TemporaryDirectory directory;
  const auto file = directory / "none/a";
  CHECK_THROWS_WITH_AS(write_gif(file, {Picture(8, 8)}, 8), doctest::Contains("a: No such file or directory"),
                       PictureError);
  CHECK_THROWS_WITH_AS(write_png(file, to_surface(Picture(8, 8))),
                       doctest::Contains("a: No such file or directory"), PictureError);
  std::filesystem::create_symlink("/dev/full", directory / "full");
  CHECK_THROWS_WITH_AS(write_picture(directory / "full", std::string(100'000, 'x')),
                       doctest::Contains("full: No space left on device"), PictureError);
  CHECK(std::filesystem::is_empty(directory.path()));
}
