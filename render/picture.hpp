// Pictures for people: an RGB8 image, PNG and animated GIF.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "render/cairo.hpp"

namespace hamgen::render {

class PictureError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Picture {
  std::size_t width = 0, height = 0;
  std::vector<std::uint8_t> rgb;  // [height * width * 3]

  Picture(std::size_t w, std::size_t h, std::uint8_t grey = 255)
      : width(w), height(h), rgb(w * h * 3, grey) {}
  // Pastes a square RGB8 frame with its top left corner at (left, top), each pixel `zoom` pixels wide.
  void paste(std::span<const std::uint8_t> frame, std::size_t size, std::size_t left, std::size_t top,
             std::size_t zoom);
};

// A Cairo surface (RGB24) that holds the picture, to draw upon.
Surface to_surface(const Picture& picture);
Picture to_picture(const Surface& surface);  // of RGB24

// Throw PictureError with the file's name and the system's reason; of a file that cannot be finished nothing
// is left.
void write_picture(const std::filesystem::path& file, std::string_view bytes);
void write_png(const std::filesystem::path& file, const Surface& surface);
std::string png_bytes(const Surface& surface);  // what write_png() writes
// Plays for ever, `delay` hundredths of a second a frame; 256 colours chosen over all frames (median cut).
// Throws PictureError, too, for frames wider or higher than the 65535 pixels that a GIF can say.
void write_gif(const std::filesystem::path& file, const std::vector<Picture>& frames, int delay);

}  // namespace hamgen::render
