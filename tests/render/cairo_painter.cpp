#include "tests/render/cairo_painter.hpp"

#include <cstring>

#include "render/disc_geometry.hpp"

namespace hamgen::render {
namespace {

// The disc's colour, its opacity falling along the radius as the sigmoid does.
Pattern radial_gradient(const PixelDisc& disc, const simulators::Color& color) {
  Pattern pattern(cairo_pattern_create_radial(disc.column, disc.row, 0, disc.column, disc.row, disc.reach));
  constexpr int stops = 512;
  for (int i = 0; i <= stops; ++i) {
    const double fraction = static_cast<double>(i) / stops;
    cairo_pattern_add_color_stop_rgba(pattern.get(), fraction, color[0], color[1], color[2],
                                      disc.opacity(fraction * disc.reach));
  }
  cairo_pattern_set_extend(pattern.get(), CAIRO_EXTEND_NONE);
  check(cairo_pattern_status(pattern.get()));
  return pattern;
}

}  // namespace

std::vector<std::uint8_t> paint_with_cairo(const Canvas& canvas, const simulators::Scene& scene) {
  const Surface surface =
      make_surface(CAIRO_FORMAT_RGB30, static_cast<int>(canvas.size), static_cast<int>(canvas.size));
  const Context context = make_context(surface);
  const auto& background = canvas.background;
  cairo_set_source_rgb(context.get(), background[0], background[1], background[2]);
  cairo_paint(context.get());
  for (const simulators::Disc& disc : scene.discs) {
    const Pattern gradient = radial_gradient(to_pixels(canvas, scene.view, disc), disc.color);
    cairo_set_source(context.get(), gradient.get());
    cairo_paint(context.get());
  }
  check(cairo_status(context.get()));
  cairo_surface_flush(surface.get());

  const unsigned char* const data = cairo_image_surface_get_data(surface.get());
  const auto stride = static_cast<std::size_t>(cairo_image_surface_get_stride(surface.get()));
  std::vector<std::uint8_t> rgb;
  for (std::size_t row = 0; row < canvas.size; ++row)
    for (std::size_t column = 0; column < canvas.size; ++column) {
      std::uint32_t pixel = 0;
      std::memcpy(&pixel, data + row * stride + column * sizeof pixel, sizeof pixel);
      for (const int shift : {20, 10, 0}) {
        const std::uint32_t tenth = pixel >> shift & 1023;
        rgb.push_back(static_cast<std::uint8_t>((tenth * 255 + 511) / 1023));
      }
    }
  return rgb;
}

}  // namespace hamgen::render
