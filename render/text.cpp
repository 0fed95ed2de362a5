#include "render/text.hpp"

#include <algorithm>
#include <sstream>

namespace hamgen::render {

double text_width(cairo_t* context, double size, const std::string& text) {
  cairo_select_font_face(context, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size(context, size);
  cairo_text_extents_t extents;
  cairo_text_extents(context, text.c_str(), &extents);
  return std::max(extents.x_bearing + extents.width, extents.x_advance);
}

void draw_text(cairo_t* context, double x, double y, double size, const std::string& text,
               double most_width) {
  constexpr double smallest = 1, step = 0.25;
  // Letters have whole pixels, so that a text does not shrink as its size does.
  for (double width = text_width(context, size, text); width > most_width && size > smallest;
       width = text_width(context, size, text))
    size = std::max(smallest, std::min(size - step, size * most_width / width));
  cairo_move_to(context, x, y);
  cairo_show_text(context, text.c_str());
}

std::vector<std::string> text_lines(cairo_t* context, double size, const std::string& text, double width) {
  std::vector<std::string> lines;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    const std::string longer = lines.empty() ? word : lines.back() + " " + word;
    if (lines.empty() || text_width(context, size, longer) > width)
      lines.push_back(word);
    else
      lines.back() = longer;
  }
  return lines;
}

}  // namespace hamgen::render
