// A contact sheet: sequences of frames, one a row, time to the right, with labels.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "render/picture.hpp"

namespace hamgen::render {

// All lengths in pixels.
struct SheetStyle {
  std::size_t columns = 11;  // frames of a row at the most, evenly chosen
  std::size_t tile = 80;     // about the side of a frame, which a whole number magnifies
  std::size_t margin = 104, header = 44;
  double title_size = 15, label_size = 11;
  double label_left = 6;
  bool has_times_above = false;  // else they stand below the last row
};

struct ContactSheet {
  struct Row {
    std::string label;
    std::function<std::span<const std::uint8_t>(std::size_t frame)> rgb;  // [size, size, 3] each
    bool is_spaced = false;                                               // begins a new group
  };
  std::string title;
  std::string subtitle = {};         // below the title, smaller
  std::size_t frames = 0, size = 0;  // of every row
  std::vector<Row> rows;
  std::function<std::string(std::size_t frame)> time_label;
  std::vector<std::string> notes = {};  // below, a line each
};

inline constexpr std::size_t sheet_gap = 4;  // between frames, pixels
// By how much a frame of this size is magnified to be about as wide as a tile.
inline std::size_t zoom_of(std::size_t tile, std::size_t size) {
  return std::max<std::size_t>(1, tile / size);
}

// Throws PictureError for a sheet larger than Cairo draws.
Surface draw_contact_sheet(const ContactSheet& sheet, const SheetStyle& style);

// A white picture. Throws PictureError where it is larger than Cairo draws.
Picture blank_picture(std::size_t width, std::size_t height);

}  // namespace hamgen::render
