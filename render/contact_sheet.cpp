#include "render/contact_sheet.hpp"

#include <algorithm>

#include "render/text.hpp"

namespace hamgen::render {
namespace {

constexpr std::size_t gap = sheet_gap, line_height = 18;

class Layout {
 public:
  // Both outlive it.
  Layout(const ContactSheet& sheet, const SheetStyle& style)
      : sheet_(sheet),
        style_(style),
        columns_(std::min(style.columns, sheet.frames)),
        zoom_(zoom_of(style.tile, sheet.size)),
        tile_(sheet.size * zoom_),
        bottom_(style.header) {
    for (const ContactSheet::Row& row : sheet.rows) {
      bottom_ += row.is_spaced ? 3 * gap : 0;
      tops_.push_back(bottom_);
      bottom_ += tile_ + gap;
    }
  }

  Surface draw() const {
    const Picture picture = paste_frames();
    Surface surface = to_surface(picture);
    const Context context = make_context(surface);
    cairo_set_source_rgb(context.get(), 0.15, 0.15, 0.15);
    draw_labels(context.get(), static_cast<double>(picture.width));
    return surface;
  }

 private:
  std::size_t frame_of(std::size_t column) const {
    return columns_ < 2 ? 0 : column * (sheet_.frames - 1) / (columns_ - 1);
  }
  std::size_t left_of(std::size_t column) const { return style_.margin + column * (tile_ + gap); }
  std::size_t height() const {
    if (style_.has_times_above) return bottom_ + gap;
    return bottom_ + line_height * (1 + sheet_.notes.size()) + 12;
  }

  Picture paste_frames() const {
    Picture picture = blank_picture(left_of(columns_) + gap, height());
    for (std::size_t row = 0; row < tops_.size(); ++row)
      for (std::size_t column = 0; column < columns_; ++column)
        picture.paste(sheet_.rows[row].rgb(frame_of(column)), sheet_.size, left_of(column), tops_[row],
                      zoom_);
    return picture;
  }

  void draw_labels(cairo_t* context, double width) const {
    const bool is_above = style_.has_times_above;
    draw_text(context, 12, is_above ? 24 : 26, style_.title_size, sheet_.title, width - 24);
    if (!sheet_.subtitle.empty()) draw_text(context, 12, 44, 12, sheet_.subtitle, width - 24);
    for (std::size_t row = 0; row < tops_.size(); ++row)
      draw_text(context, style_.label_left, static_cast<double>(tops_[row] + tile_ / 2 + (is_above ? 0 : 4)),
                style_.label_size, sheet_.rows[row].label);
    for (std::size_t column = 0; column < columns_; ++column)
      draw_text(context, static_cast<double>(left_of(column) + (is_above ? 0 : 2)),
                is_above ? static_cast<double>(style_.header) - 10 : static_cast<double>(bottom_ + 14),
                style_.label_size, sheet_.time_label(frame_of(column)),
                is_above ? static_cast<double>(tile_) : 1e9);
    for (std::size_t i = 0; i < sheet_.notes.size(); ++i)
      draw_text(context, 12, static_cast<double>(bottom_ + 18 + (i + 1) * line_height), 12, sheet_.notes[i],
                width - 24);
  }

  const ContactSheet& sheet_;
  const SheetStyle& style_;
  std::size_t columns_, zoom_, tile_, bottom_;
  std::vector<std::size_t> tops_;  // of the rows
};

}  // namespace

Surface draw_contact_sheet(const ContactSheet& sheet, const SheetStyle& style) {
  return Layout(sheet, style).draw();
}

Picture blank_picture(std::size_t width, std::size_t height) {
  constexpr std::size_t most = 32767;
  if (width > most || height > most)
    throw PictureError("a picture of " + std::to_string(width) + " x " + std::to_string(height) +
                       " pixels is too large: fewer sequences or steps");
  return {width, height};
}

}  // namespace hamgen::render
