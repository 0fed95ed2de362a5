#include "render/text.hpp"

namespace hamgen::render {

void draw_text(cairo_t* context, double x, double y, double size, const std::string& text,
               double most_width) {
  cairo_select_font_face(context, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size(context, size);
  cairo_text_extents_t extents;
  cairo_text_extents(context, text.c_str(), &extents);
  if (extents.width > most_width) cairo_set_font_size(context, size * most_width / extents.width);
  cairo_move_to(context, x, y);
  cairo_show_text(context, text.c_str());
}

}  // namespace hamgen::render
