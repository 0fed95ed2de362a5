#include "render/frame_renderer.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "render/disc_geometry.hpp"
#include "render/wide_vectors.hpp"

namespace hamgen::render {
namespace {

constexpr std::size_t block = 16;  // pixels blended at a time: whole vectors of indices and of values
constexpr int table_size = 4096;
constexpr float table_range = 8;  // of (distance - radius) * sharpness, either side; sigmoid(-8) is 0.09 grey levels
constexpr float table_scale = static_cast<float>(table_size) / (2 * table_range);

std::int16_t fixed_value(double color) { return static_cast<std::int16_t>(std::lround(color * 255 * 128)); }

// Entry i is the opacity at (distance - radius) * sharpness = (i + 0.5) / table_scale - table_range. The last one is 0:
// a block may run past the disc's reach without a trace.
std::vector<std::uint64_t> opacity_table() {
  std::vector<std::uint64_t> table(table_size);
  for (int i = 0; i + 1 < table_size; ++i) {
    const double depth = table_range - (i + 0.5) / table_scale;
    const auto alpha = static_cast<std::uint64_t>(std::lround(32767 / (1 + std::exp(-depth))));
    table[i] = alpha | alpha << 16 | alpha << 32;
  }
  return table;
}

// Blends one disc over the frame, row by row over the chord that it can reach, in whole blocks of columns. Opacities
// go through memory for the whole disc at once: a vector load right behind the narrow stores it covers would stall.
HAMGEN_WIDE_VECTORS
void blend(const PixelDisc& disc, std::array<std::int16_t, 3> rgb, std::size_t width, const std::uint64_t* opacity,
           FrameRenderer::Scratch& scratch, std::int16_t* frame) {
  // index = (distance - radius) * sharpness, counted in table entries from the table's start
  const auto scale = static_cast<float>(disc.sharpness) * table_scale;
  const auto offset = static_cast<float>((table_range - disc.radius * disc.sharpness) * table_scale);
  const auto limit = static_cast<double>(width);
  const auto first_row = static_cast<std::size_t>(std::clamp(disc.row - disc.reach, 0.0, limit));
  const auto end_row = static_cast<std::size_t>(std::clamp(disc.row + disc.reach + 1, 0.0, limit));

  std::int32_t* const index = scratch.index.data();
  std::size_t pixels = 0;
  for (std::size_t row = first_row; row < end_row; ++row) {
    const double dy = static_cast<double>(row) + 0.5 - disc.row;
    const double half_chord = std::sqrt(std::max(0.0, disc.reach * disc.reach - dy * dy));
    const auto begin = static_cast<std::size_t>(std::clamp(disc.column - half_chord, 0.0, limit));
    const auto end = static_cast<std::size_t>(std::clamp(disc.column + half_chord + 1, 0.0, limit));
    const std::size_t blocks = (end - begin + block - 1) / block;
    scratch.rows[row] = {begin, blocks};
    const auto dx = static_cast<float>(static_cast<double>(begin) + 0.5 - disc.column);
    const auto dy_squared = static_cast<float>(dy * dy);
    std::int32_t* const row_index = index + pixels;
    for (std::size_t j = 0; j < blocks * block; ++j) {
      const float x = dx + static_cast<float>(static_cast<std::int32_t>(j));
      const float position = std::sqrt(x * x + dy_squared) * scale + offset;
      const float clamped = position > 0 ? position : 0;
      row_index[j] = static_cast<std::int32_t>(clamped < table_size - 1.0F ? clamped : table_size - 1.0F);
    }
    pixels += blocks * block;
  }

  std::int16_t* const alpha = scratch.alpha.data();
  for (std::size_t j = 0; j < pixels; ++j) std::memcpy(alpha + 3 * j, &opacity[index[j]], sizeof *opacity);

  std::array<std::int16_t, 3 * block> color{};
  for (std::size_t k = 0; k < color.size(); ++k) color[k] = rgb[k % 3];
  const std::int16_t* next = alpha;
  for (std::size_t row = first_row; row < end_row; ++row) {
    std::int16_t* values = frame + 3 * ((width + block) * row + scratch.rows[row].begin);
    for (std::size_t b = 0; b < scratch.rows[row].blocks; ++b, values += 3 * block, next += 3 * block)
      for (std::size_t k = 0; k < 3 * block; ++k) {
        const auto difference = static_cast<std::int16_t>(color[k] - values[k]);
        values[k] = static_cast<std::int16_t>(values[k] + ((((difference * next[k]) >> 14) + 1) >> 1));
      }
  }
}

HAMGEN_WIDE_VECTORS
void round_to_bytes(const std::int16_t* __restrict frame, std::size_t width, std::uint8_t* __restrict rgb) {
  for (std::size_t row = 0; row < width; ++row, frame += 3 * (width + block), rgb += 3 * width)
    for (std::size_t k = 0; k < 3 * width; ++k) rgb[k] = static_cast<std::uint8_t>((frame[k] + 64) >> 7);
}

}  // namespace

std::vector<schemas::Field> Canvas::fields() {
  using namespace schemas;
  return {
      integer("image.size", 64, "pixel", "width and height of a frame").at_least(8).at_most(1024).multiple(8),
      text("look.background", "#52595e", "colour behind the discs; black is reported to train badly").colors(),
      real("look.sharpness", 80, "1 / canvas width", "k of a disc's edge: opacity = sigmoid((radius - distance) k)")
          .above(0),
  };
}

Canvas Canvas::from(const schemas::Settings& settings) {
  return {.size = static_cast<std::size_t>(settings.integer("image.size")),
          .background = simulators::parse_color(settings.text("look.background")),
          .sharpness = settings.real("look.sharpness")};
}

FrameRenderer::FrameRenderer(const Canvas& canvas)
    : canvas_(canvas), background_(3 * canvas.size * (canvas.size + block)), opacity_(opacity_table()) {
  for (std::size_t k = 0; k < background_.size(); ++k) background_[k] = fixed_value(canvas.background[k % 3]);
  frame_ = background_;
  const std::size_t pixels = canvas.size * (canvas.size + block);
  scratch_.rows.resize(canvas.size);
  scratch_.index.resize(pixels);
  scratch_.alpha.resize(3 * pixels + 1);  // the last store is four values wide
}

void FrameRenderer::render(const simulators::Scene& scene, std::span<std::uint8_t> rgb) {
  std::ranges::copy(background_, frame_.begin());
  for (const simulators::Disc& disc : scene.discs)
    blend(to_pixels(canvas_, scene.view, disc),
          {fixed_value(disc.color[0]), fixed_value(disc.color[1]), fixed_value(disc.color[2])}, canvas_.size,
          opacity_.data(), scratch_, frame_.data());
  round_to_bytes(frame_.data(), canvas_.size, rgb.data());
}

std::vector<double> column_x(std::size_t size, double half_width) {
  std::vector<double> x(size);
  for (std::size_t j = 0; j < size; ++j)
    x[j] = ((2.0 * static_cast<double>(j) + 1) / static_cast<double>(size) - 1) * half_width;
  return x;
}

std::vector<double> row_y(std::size_t size, double half_width) {
  std::vector<double> y = column_x(size, half_width);
  std::ranges::reverse(y);
  return y;
}

}  // namespace hamgen::render
