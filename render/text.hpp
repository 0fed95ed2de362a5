// Words on pictures.
#pragma once

#include <string>
#include <vector>

#include "render/cairo.hpp"

namespace hamgen::render {

// Draws text with its baseline's left end at (x, y), smaller where it would be wider than `most_width`.
void draw_text(cairo_t* context, double x, double y, double size, const std::string& text,
               double most_width = 1e9);

// How far such a text reaches to the right of x.
double text_width(cairo_t* context, double size, const std::string& text);

// The words of a text in lines that are no wider than `width`, but for a word that is.
std::vector<std::string> text_lines(cairo_t* context, double size, const std::string& text, double width);

}  // namespace hamgen::render
