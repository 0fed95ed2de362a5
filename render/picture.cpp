#include "render/picture.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace hamgen::render {

void Picture::paste(std::span<const std::uint8_t> frame, std::size_t size, std::size_t left, std::size_t top,
                    std::size_t zoom) {
  for (std::size_t row = 0; row < size * zoom; ++row)
    for (std::size_t column = 0; column < size * zoom; ++column)
      std::memcpy(&rgb[3 * ((top + row) * width + left + column)],
                  &frame[3 * (row / zoom * size + column / zoom)], 3);
}

Surface to_surface(const Picture& picture) {
  Surface surface =
      make_surface(CAIRO_FORMAT_RGB24, static_cast<int>(picture.width), static_cast<int>(picture.height));
  cairo_surface_flush(surface.get());
  unsigned char* const data = cairo_image_surface_get_data(surface.get());
  const auto stride = static_cast<std::size_t>(cairo_image_surface_get_stride(surface.get()));
  for (std::size_t row = 0; row < picture.height; ++row)
    for (std::size_t column = 0; column < picture.width; ++column) {
      const std::uint8_t* const pixel = &picture.rgb[3 * (row * picture.width + column)];
      const std::uint32_t packed = std::uint32_t{pixel[0]} << 16 | std::uint32_t{pixel[1]} << 8 | pixel[2];
      std::memcpy(data + row * stride + column * sizeof packed, &packed, sizeof packed);
    }
  cairo_surface_mark_dirty(surface.get());
  return surface;
}

Picture to_picture(const Surface& surface) {
  Picture picture(static_cast<std::size_t>(cairo_image_surface_get_width(surface.get())),
                  static_cast<std::size_t>(cairo_image_surface_get_height(surface.get())));
  cairo_surface_flush(surface.get());
  const unsigned char* const data = cairo_image_surface_get_data(surface.get());
  const auto stride = static_cast<std::size_t>(cairo_image_surface_get_stride(surface.get()));
  for (std::size_t row = 0; row < picture.height; ++row)
    for (std::size_t column = 0; column < picture.width; ++column) {
      std::uint32_t packed = 0;
      std::memcpy(&packed, data + row * stride + column * sizeof packed, sizeof packed);
      std::uint8_t* const pixel = &picture.rgb[3 * (row * picture.width + column)];
      for (int c = 0; c < 3; ++c) pixel[c] = static_cast<std::uint8_t>(packed >> (16 - 8 * c));
    }
  return picture;
}

void write_picture(const std::filesystem::path& file, std::string_view bytes) {
  const auto fail = [&] {
    const int reason = errno;
    throw PictureError("cannot write " + file.string() + ": " + std::strerror(reason));
  };
  std::FILE* const opened = std::fopen(file.c_str(), "wb");
  if (opened == nullptr) fail();
  const bool is_written = std::fwrite(bytes.data(), 1, bytes.size(), opened) == bytes.size();
  const int reason = errno;
  const bool is_closed = std::fclose(opened) == 0;
  if (is_written && is_closed) return;
  const int first_reason = is_written ? errno : reason;
  std::remove(file.c_str());
  errno = first_reason;
  fail();
}

void write_png(const std::filesystem::path& file, const Surface& surface) {
  write_picture(file, png_bytes(surface));
}

std::string png_bytes(const Surface& surface) {
  std::string bytes;
  const auto append = [](void* to, const unsigned char* data, unsigned length) {
    static_cast<std::string*>(to)->append(reinterpret_cast<const char*>(data), length);
    return CAIRO_STATUS_SUCCESS;
  };
  if (const auto status = cairo_surface_write_to_png_stream(surface.get(), append, &bytes);
      status != CAIRO_STATUS_SUCCESS)
    throw PictureError(std::string("cannot write a picture: ") + cairo_status_to_string(status));
  return bytes;
}

}  // namespace hamgen::render
