#include "apps/fit/frame_sheet.hpp"

#include <algorithm>

#include "render/portrait.hpp"

namespace hamgen::apps {
namespace {

constexpr std::size_t columns_at_most = 11, gap = 4, margin = 104, header = 44, line_height = 18,
                      tile_pixels = 80;

at::Tensor to_bytes(const at::Tensor& frames) {
  return (frames.detach().to(at::kCPU, at::kFloat) * 255)
      .round()
      .clamp(0, 255)
      .to(at::kByte)
      .permute({0, 2, 3, 1})
      .contiguous();
}

std::span<const std::uint8_t> frame_of(const at::Tensor& bytes, std::size_t t) {
  const auto size = static_cast<std::size_t>(bytes[0].numel());
  return {bytes.data_ptr<std::uint8_t>() + t * size, size};
}

struct Extent {
  std::size_t frames, size, zoom, tile;
  explicit Extent(const std::vector<SheetRow>& rows)
      : frames(static_cast<std::size_t>(rows.at(0).frames.size(0))),
        size(static_cast<std::size_t>(rows.at(0).frames.size(-1))),
        zoom(std::max<std::size_t>(1, tile_pixels / size)),
        tile(size * zoom) {}
};

// Cairo's limit.
render::Picture picture_of(std::size_t width, std::size_t height) {
  constexpr std::size_t most = 32767;
  if (width > most || height > most)
    throw render::PictureError("a picture of " + std::to_string(width) + " x " + std::to_string(height) +
                               " pixels is too large: fewer sequences or steps");
  return {width, height};
}

}  // namespace

render::Surface draw(const Sheet& sheet) {
  const Extent extent(sheet.rows);
  const std::size_t tile = extent.tile, columns = std::min(columns_at_most, extent.frames);
  const auto time_of = [&](std::size_t column) {
    return columns < 2 ? 0 : column * (extent.frames - 1) / (columns - 1);
  };
  std::vector<std::size_t> tops;
  std::size_t height = header;
  for (const SheetRow& row : sheet.rows) {
    height += row.is_spaced ? 3 * gap : 0;
    tops.push_back(height);
    height += tile + gap;
  }
  render::Picture picture =
      picture_of(margin + columns * (tile + gap) + gap, height + line_height * (1 + sheet.notes.size()) + 12);
  for (std::size_t i = 0; i < sheet.rows.size(); ++i) {
    const at::Tensor bytes = to_bytes(sheet.rows[i].frames);
    for (std::size_t column = 0; column < columns; ++column)
      picture.paste(frame_of(bytes, time_of(column)), extent.size, margin + column * (tile + gap), tops[i],
                    extent.zoom);
  }
  render::Surface surface = to_surface(picture);
  const render::Context context = render::make_context(surface);
  cairo_set_source_rgb(context.get(), 0.15, 0.15, 0.15);
  const double width = static_cast<double>(picture.width);
  render::draw_text(context.get(), 12, 26, 15, sheet.title, width - 24);
  for (std::size_t i = 0; i < sheet.rows.size(); ++i)
    render::draw_text(context.get(), 6, static_cast<double>(tops[i] + tile / 2 + 4), 11, sheet.rows[i].label);
  for (std::size_t column = 0; column < columns; ++column)
    render::draw_text(context.get(), static_cast<double>(margin + column * (tile + gap) + 2),
                      static_cast<double>(height + 14), 11, "frame " + std::to_string(time_of(column)));
  for (std::size_t i = 0; i < sheet.notes.size(); ++i)
    render::draw_text(context.get(), 12, static_cast<double>(height + 18 + (i + 1) * line_height), 12,
                      sheet.notes[i], width - 24);
  return surface;
}

render::Picture strip(const std::vector<SheetRow>& rows) {
  const Extent extent(rows);
  render::Picture picture = picture_of(extent.frames * extent.size, rows.size() * extent.size);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const at::Tensor bytes = to_bytes(rows[i].frames);
    for (std::size_t t = 0; t < extent.frames; ++t)
      picture.paste(frame_of(bytes, t), extent.size, t * extent.size, i * extent.size, 1);
  }
  return picture;
}

std::vector<render::Picture> animation(const std::vector<SheetRow>& rows) {
  const Extent extent(rows);
  const std::size_t zoom = 2 * extent.zoom, tile = extent.size * zoom;
  std::vector<at::Tensor> bytes;
  for (const SheetRow& row : rows) bytes.push_back(to_bytes(row.frames));
  std::vector<render::Picture> pictures;
  for (std::size_t t = 0; t < extent.frames; ++t) {
    render::Picture picture(rows.size() * (tile + gap) - gap, tile);
    for (std::size_t i = 0; i < rows.size(); ++i)
      picture.paste(frame_of(bytes[i], t), extent.size, i * (tile + gap), 0, zoom);
    pictures.push_back(std::move(picture));
  }
  return pictures;
}

}  // namespace hamgen::apps
