#include "apps/fit/frame_sheet.hpp"

#include <algorithm>

#include "render/contact_sheet.hpp"

namespace hamgen::apps {
namespace {

constexpr std::size_t gap = render::sheet_gap;
constexpr render::SheetStyle style{};

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
  std::size_t frames, size, zoom;
  explicit Extent(const std::vector<SheetRow>& rows)
      : frames(static_cast<std::size_t>(rows.at(0).frames.size(0))),
        size(static_cast<std::size_t>(rows.at(0).frames.size(-1))),
        zoom(render::zoom_of(style.tile, size)) {}
};

}  // namespace

render::Surface draw(const Sheet& sheet) {
  const Extent extent(sheet.rows);
  render::ContactSheet contact{.title = sheet.title,
                               .frames = extent.frames,
                               .size = extent.size,
                               .rows = {},
                               .time_label = [](std::size_t t) { return "frame " + std::to_string(t); },
                               .notes = sheet.notes};
  for (const SheetRow& row : sheet.rows)
    contact.rows.push_back({row.label,
                            [bytes = to_bytes(row.frames)](std::size_t t) { return frame_of(bytes, t); },
                            row.is_spaced});
  return render::draw_contact_sheet(contact, style);
}

render::Picture strip(const std::vector<SheetRow>& rows) {
  const Extent extent(rows);
  render::Picture picture = render::blank_picture(extent.frames * extent.size, rows.size() * extent.size);
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
