// Words on pictures.
#pragma once

#include <string>

#include "render/cairo.hpp"

namespace hamgen::render {

// Draws text with its baseline's left end at (x, y), smaller where it would be wider than `most_width`.
void draw_text(cairo_t* context, double x, double y, double size, const std::string& text,
               double most_width = 1e9);

}  // namespace hamgen::render
