// Words stay within the width that they are given.
#include "render/text.hpp"

#include <doctest/doctest.h>

#include <sstream>

#include "render/picture.hpp"

using namespace hamgen::render;

namespace {

const char* const formula =
    "H = p_2^2 / (2 m_2 l_2^2) + (p_1 - (l_1 / l_2) p_2 cos d)^2 / (2 l_1^2 (m_1 + m_2 sin^2 d)) + (m_1 + m_2) g l_1";

// The last column with anything in it, of a text that begins in column 10.
std::size_t last_column(double size, const std::string& text, double most_width) {
  const Surface surface = to_surface(Picture(1200, 60));
  const Context context = make_context(surface);
  cairo_set_source_rgb(context.get(), 0, 0, 0);
  draw_text(context.get(), 10, 40, size, text, most_width);
  const Picture drawn = to_picture(surface);
  std::size_t last = 0;
  for (std::size_t i = 0; i < drawn.rgb.size() / 3; ++i)
    if (drawn.rgb[3 * i] < 250) last = std::max(last, i % drawn.width);
  return last;
}

}  // namespace

TEST_CASE("a text that would be too wide is drawn smaller, and ends within its width") {
  for (const double width : {900.0, 560.0, 371.0, 200.0, 128.0}) {
    const auto last = static_cast<double>(last_column(17, formula, width));
    CHECK(last <= 10 + width);
    CHECK(last > 10 + 0.8 * width);  // and no smaller than need be
  }
  CHECK(last_column(17, "short", 560) == last_column(17, "short", 1e9));
}

TEST_CASE("lines hold all words in order, and none is wider than asked for") {
  const Surface surface = make_surface(CAIRO_FORMAT_RGB24, 1, 1);
  const Context context = make_context(surface);
  const auto lines = text_lines(context.get(), 13, formula, 300);
  CHECK(lines.size() >= 3);
  std::string all;
  for (const std::string& line : lines) {
    CHECK(text_width(context.get(), 13, line) <= 300);
    all += (all.empty() ? "" : " ") + line;
  }
  CHECK(all == formula);
  CHECK(text_lines(context.get(), 13, "", 300).empty());
  CHECK(text_lines(context.get(), 13, "unbreakable", 5) == std::vector<std::string>{"unbreakable"});
}
