// Thin owners of Cairo's objects: a bad status becomes an exception.
#pragma once

#include <cairo.h>

#include <memory>
#include <stdexcept>
#include <string>

namespace hamgen::render {

class CairoError : public std::runtime_error {
 public:
  explicit CairoError(cairo_status_t status)
      : std::runtime_error(std::string("Cairo: ") + cairo_status_to_string(status)) {}
};

inline void check(cairo_status_t status) {
  if (status != CAIRO_STATUS_SUCCESS) throw CairoError(status);
}

struct CairoDeleter {
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
  void operator()(cairo_t* context) const { cairo_destroy(context); }
  void operator()(cairo_pattern_t* pattern) const { cairo_pattern_destroy(pattern); }
};
using Surface = std::unique_ptr<cairo_surface_t, CairoDeleter>;
using Context = std::unique_ptr<cairo_t, CairoDeleter>;
using Pattern = std::unique_ptr<cairo_pattern_t, CairoDeleter>;

inline Surface make_surface(cairo_format_t format, int width, int height) {
  Surface surface(cairo_image_surface_create(format, width, height));
  check(cairo_surface_status(surface.get()));
  return surface;
}

inline Context make_context(const Surface& surface) {
  Context context(cairo_create(surface.get()));
  check(cairo_status(context.get()));
  return context;
}

}  // namespace hamgen::render
