#include "render/frame_renderer.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "render/wide_vectors.hpp"

namespace hamgen::render {
namespace {

constexpr int level_bits = 7;  // a grey level is 2^7 in the planes' fixed point

std::int16_t fixed_value(double color) {
  return static_cast<std::int16_t>(std::lround(color * (255 << level_bits)));
}

std::uint8_t rounded(std::int16_t value) {
  return static_cast<std::uint8_t>((value + (1 << (level_bits - 1))) >> level_bits);
}

// plane += (color - plane) * alpha
HAMGEN_WIDE_VECTORS
void blend(std::int16_t* __restrict plane, std::size_t width, std::int16_t color,
           std::span<const Stretch> stretches, const std::int16_t* __restrict alpha) {
  for (const Stretch& stretch : stretches) {
    std::int16_t* __restrict values = plane + stretch.row * width + stretch.begin;
    const std::size_t count = stretch.count / stretch_unit * stretch_unit;
    for (std::size_t j = 0; j < count; ++j) {
      const auto difference = static_cast<std::int16_t>(color - values[j]);
      values[j] = static_cast<std::int16_t>(values[j] + ((((difference * alpha[j]) >> 14) + 1) >> 1));
    }
    alpha += count;
  }
}

// Rounds values to bytes, adds them up, and paints them over with the background again.
HAMGEN_WIDE_VECTORS
void round_values(std::int16_t* __restrict values, std::size_t size, std::int16_t background,
                  std::uint8_t* __restrict bytes, std::uint64_t& total, std::uint64_t& total_of_squares) {
  constexpr std::size_t most = 16384;  // values whose squares add up within 32 bits
  for (std::size_t begin = 0; begin < size; begin += most) {
    const std::size_t end = std::min(size, begin + most);
    std::int32_t sum = 0, squares = 0;
    for (std::size_t j = begin; j < end; ++j) {
      const auto raised = static_cast<std::uint16_t>(values[j] + (1 << (level_bits - 1)));
      const auto value = static_cast<std::int16_t>(raised >> level_bits);
      sum += value;
      squares += value * value;
      bytes[j] = static_cast<std::uint8_t>(value);
      values[j] = background;
    }
    total += static_cast<std::uint64_t>(sum);
    total_of_squares += static_cast<std::uint64_t>(squares);
  }
}

// Sixteen pixels at a time: each third of the output picks its bytes from two planes, then from the last.
HAMGEN_WIDE_VECTORS
void interleave(const std::uint8_t* red, const std::uint8_t* green, const std::uint8_t* blue,
                std::size_t pixels, std::uint8_t* rgb) {
  using Bytes = std::uint8_t __attribute__((vector_size(16)));
  std::size_t j = 0;
  for (; j + 16 <= pixels; j += 16) {
    Bytes r, g, b;
    std::memcpy(&r, red + j, 16);
    std::memcpy(&g, green + j, 16);
    std::memcpy(&b, blue + j, 16);
    const Bytes first = __builtin_shufflevector(
        __builtin_shufflevector(r, g, 0, 16, 0, 1, 17, 1, 2, 18, 2, 3, 19, 3, 4, 20, 4, 5), b,  //
        0, 1, 16, 3, 4, 17, 6, 7, 18, 9, 10, 19, 12, 13, 20, 15);
    const Bytes second = __builtin_shufflevector(
        __builtin_shufflevector(r, g, 21, 21, 6, 22, 22, 7, 23, 23, 8, 24, 24, 9, 25, 25, 10, 26), b,  //
        0, 21, 2, 3, 22, 5, 6, 23, 8, 9, 24, 11, 12, 25, 14, 15);
    const Bytes third = __builtin_shufflevector(
        __builtin_shufflevector(r, g, 0, 11, 27, 0, 12, 28, 0, 13, 29, 0, 14, 30, 0, 15, 31, 0), b,  //
        26, 1, 2, 27, 4, 5, 28, 7, 8, 29, 10, 11, 30, 13, 14, 31);
    std::memcpy(rgb + 3 * j, &first, 16);
    std::memcpy(rgb + 3 * j + 16, &second, 16);
    std::memcpy(rgb + 3 * j + 32, &third, 16);
  }
  for (; j < pixels; ++j) {
    rgb[3 * j] = red[j];
    rgb[3 * j + 1] = green[j];
    rgb[3 * j + 2] = blue[j];
  }
}

// Which part of each of `pixels` pixels, from -half_view to half_view about `centre`, each of `count` tiles
// covers, from -half_tiles to half_tiles about 0: [pixels, count].
std::vector<double> coverage(std::size_t pixels, double centre, double half_view, std::size_t count,
                             double half_tiles) {
  const double pixel = 2 * half_view / static_cast<double>(pixels);
  const double tile = 2 * half_tiles / static_cast<double>(count);
  std::vector<double> parts;
  for (std::size_t i = 0; i < pixels; ++i)
    for (std::size_t k = 0; k < count; ++k) {
      const double from = centre - half_view + static_cast<double>(i) * pixel;
      const double begin = static_cast<double>(k) * tile - half_tiles;
      parts.push_back(std::max(0.0, std::min(from + pixel, begin + tile) - std::max(from, begin)) / pixel);
    }
  return parts;
}

}  // namespace

FrameRenderer::FrameRenderer(const Canvas& canvas) : canvas_(canvas) {
  const std::size_t pixels = canvas.size * canvas.size;
  for (std::size_t c = 0; c < 3; ++c) {
    background_[c] = fixed_value(canvas.background[c]);
    planes_[c].assign(pixels, background_[c]);
    bytes_[c].resize(pixels);
  }
  for (std::size_t k = 0; k < 3 * canvas.size; ++k) background_row_.push_back(rounded(background_[k % 3]));
  alpha_.resize(pixels);
}

// Which pixels a disc can reach: a chord of every row, widened to whole units without leaving the frame.
void FrameRenderer::find_stretches(const PixelDisc& disc) {
  const auto width = static_cast<std::int64_t>(canvas_.size);
  constexpr auto unit = static_cast<std::int64_t>(stretch_unit);
  const auto clamp = [limit = static_cast<double>(width)](double edge) {
    return static_cast<std::int64_t>(std::min(std::max(edge, 0.0), limit));
  };
  stretches_.clear();
  const std::int64_t end_row = clamp(disc.row + disc.reach + 1);
  for (std::int64_t row = clamp(disc.row - disc.reach); row < end_row; ++row) {
    const double dy = static_cast<double>(row) + 0.5 - disc.row;
    const double half_chord = std::sqrt(std::max(0.0, disc.reach * disc.reach - dy * dy));
    const std::int64_t left = clamp(disc.column - half_chord), right = clamp(disc.column + half_chord + 1);
    const std::int64_t count = (right - left + unit - 1) / unit * unit;
    if (count > 0)
      stretches_.push_back({static_cast<std::size_t>(row),
                            static_cast<std::size_t>(std::min(left, width - count)),
                            static_cast<std::size_t>(count)});
  }
}

// Rows count downwards, y upwards.
void FrameRenderer::paint_tiles(const simulators::View& view, const simulators::Tiles& tiles) {
  const std::size_t width = canvas_.size;
  const auto across = coverage(width, view.center_x, view.half_width, tiles.columns, tiles.half_width);
  const auto down = coverage(width, -view.center_y, view.half_width, tiles.rows, tiles.half_width);
  for (std::size_t i = 0; i < width; ++i)
    for (std::size_t j = 0; j < width; ++j) {
      double value = 0, covered = 0;
      for (std::size_t r = 0; r < tiles.rows; ++r) {
        if (down[i * tiles.rows + r] == 0) continue;
        for (std::size_t c = 0; c < tiles.columns; ++c) {
          const double part = down[i * tiles.rows + r] * across[j * tiles.columns + c];
          value += part * tiles.values[r * tiles.columns + c];
          covered += part;
        }
      }
      for (std::size_t c = 0; c < 3; ++c)
        planes_[c][i * width + j] = fixed_value(value + (1 - covered) * canvas_.background[c]);
    }
}

ChannelSums FrameRenderer::render(const simulators::Scene& scene, std::span<std::uint8_t> rgb) {
  const std::size_t width = canvas_.size;
  std::size_t first_row = width, end_row = 0;
  if (scene.tiles.rows > 0) {
    paint_tiles(scene.view, scene.tiles);
    first_row = 0;
    end_row = width;
  }
  for (const simulators::Disc& disc : scene.discs) {
    const PixelDisc at = to_pixels(canvas_, scene.view, disc);
    find_stretches(at);
    if (stretches_.empty()) continue;
    first_row = std::min(first_row, stretches_.front().row);
    end_row = std::max(end_row, stretches_.back().row + 1);
    opacity_.paint(at, stretches_, alpha_.data());
    for (std::size_t c = 0; c < 3; ++c)
      blend(planes_[c].data(), width, fixed_value(disc.color[c]), stretches_, alpha_.data());
  }
  first_row = std::min(first_row, end_row);
  return finish(first_row, end_row, rgb);
}

ChannelSums FrameRenderer::finish(std::size_t first_row, std::size_t end_row, std::span<std::uint8_t> rgb) {
  const std::size_t width = canvas_.size, first = first_row * width, count = (end_row - first_row) * width;
  ChannelSums sums;
  sums.pixels = width * width;
  for (std::size_t c = 0; c < 3; ++c) {
    round_values(&planes_[c][first], count, background_[c], bytes_[c].data(), sums.sum[c],
                 sums.sum_of_squares[c]);
    const std::uint64_t value = background_row_[c], others = sums.pixels - count;
    sums.sum[c] += others * value;
    sums.sum_of_squares[c] += others * value * value;
  }
  interleave(bytes_[0].data(), bytes_[1].data(), bytes_[2].data(), count, &rgb[3 * first]);
  for (std::size_t row = 0; row < width; ++row)
    if (row < first_row || row >= end_row) std::ranges::copy(background_row_, &rgb[3 * row * width]);
  return sums;
}

}  // namespace hamgen::render
