#include "apps/fit_pictures.hpp"

#include <algorithm>

#include "render/picture.hpp"
#include "render/portrait.hpp"

namespace hamgen::apps {
namespace {

constexpr std::size_t columns_at_most = 11, gap = 4, margin = 92, header = 44, foot = 26, tile_pixels = 80;

// The rows of a sheet, from the top; `is_spaced` rows begin a new group.
struct Row {
  std::string label;
  at::Tensor frames;  // u8 [T, S, S, 3]
  bool is_spaced = false;
};

at::Tensor to_bytes(const at::Tensor& frames) {
  return (frames.detach().to(at::kCPU, at::kFloat) * 255)
      .round()
      .clamp(0, 255)
      .to(at::kByte)
      .permute({0, 2, 3, 1})
      .contiguous();
}

std::vector<Row> rows_of(const model::Samples& samples) {
  std::vector<Row> rows;
  for (std::int64_t i = 0; i < samples.truth.size(0); ++i) {
    rows.push_back({"truth", to_bytes(samples.truth[i]), true});
    rows.push_back({"reconstruction", to_bytes(samples.reconstruction[i]), false});
  }
  for (std::int64_t i = 0; samples.prior.defined() && i < samples.prior.size(0); ++i)
    rows.push_back({"prior sample", to_bytes(samples.prior[i]), i == 0});
  return rows;
}

}  // namespace

void write_samples(const std::filesystem::path& file, const model::Samples& samples,
                   const std::string& title) {
  const std::vector<Row> rows = rows_of(samples);
  const auto frames = static_cast<std::size_t>(samples.truth.size(1));
  const auto size = static_cast<std::size_t>(samples.truth.size(-1));
  const std::size_t columns = std::min(columns_at_most, frames);
  const std::size_t zoom = std::max<std::size_t>(1, tile_pixels / size), tile = size * zoom;
  const auto frame_of = [&](std::size_t column) {
    return columns < 2 ? 0 : column * (frames - 1) / (columns - 1);
  };

  std::vector<std::size_t> tops;
  std::size_t height = header;
  for (const Row& row : rows) {
    height += row.is_spaced ? 3 * gap : 0;
    tops.push_back(height);
    height += tile + gap;
  }
  render::Picture picture(margin + columns * (tile + gap) + gap, height + foot);
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (std::size_t column = 0; column < columns; ++column) {
      const auto* bytes = rows[i].frames.data_ptr<std::uint8_t>() + frame_of(column) * size * size * 3;
      picture.paste({bytes, size * size * 3}, size, margin + column * (tile + gap), tops[i], zoom);
    }
  const render::Surface surface = to_surface(picture);
  const render::Context context = render::make_context(surface);
  cairo_set_source_rgb(context.get(), 0.15, 0.15, 0.15);
  render::draw_text(context.get(), 12, 26, 15, title, static_cast<double>(picture.width) - 24);
  for (std::size_t i = 0; i < rows.size(); ++i)
    render::draw_text(context.get(), 6, static_cast<double>(tops[i] + tile / 2 + 4), 11, rows[i].label);
  for (std::size_t column = 0; column < columns; ++column)
    render::draw_text(context.get(), static_cast<double>(margin + column * (tile + gap) + 2),
                      static_cast<double>(height + 14), 11, "frame " + std::to_string(frame_of(column)));
  write_png(file, surface);
}

}  // namespace hamgen::apps
