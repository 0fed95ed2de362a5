#include "render/channel_sums.hpp"

#include <algorithm>
#include <cmath>

#include "render/wide_vectors.hpp"

namespace hamgen::render {
namespace {

// Values that are summed side by side: whole pixels and whole vectors.
constexpr std::size_t lanes = 48;
// Blocks after which a 32-bit lane of squares could overflow.
constexpr std::size_t most_blocks = 0xffffffffU / (255 * 255);

HAMGEN_WIDE_VECTORS
void sum_blocks(const std::uint8_t* bytes, std::size_t blocks, std::uint32_t* __restrict sums,
                std::uint32_t* __restrict squares) {
  std::array<std::uint32_t, lanes> sum{}, square{};
  for (std::size_t b = 0; b < blocks; ++b, bytes += lanes)
    for (std::size_t k = 0; k < lanes; ++k) {
      const std::uint32_t value = bytes[k];
      sum[k] += value;
      square[k] += value * value;
    }
  std::ranges::copy(sum, sums);
  std::ranges::copy(square, squares);
}

}  // namespace

void ChannelSums::add(const ChannelSums& other) {
  for (std::size_t c = 0; c < 3; ++c) {
    sum[c] += other.sum[c];
    sum_of_squares[c] += other.sum_of_squares[c];
  }
  pixels += other.pixels;
}

double ChannelSums::mean(std::size_t channel) const {
  return static_cast<double>(sum[channel]) / static_cast<double>(pixels) / 255;
}

double ChannelSums::standard_deviation(std::size_t channel) const {
  const double mean_square = static_cast<double>(sum_of_squares[channel]) / static_cast<double>(pixels) / (255.0 * 255);
  return std::sqrt(std::max(0.0, mean_square - mean(channel) * mean(channel)));
}

ChannelSums channel_sums(std::span<const std::uint8_t> rgb) {
  ChannelSums total;
  total.pixels = rgb.size() / 3;
  while (rgb.size() >= lanes) {
    const std::size_t blocks = std::min(rgb.size() / lanes, most_blocks);
    std::array<std::uint32_t, lanes> sums{}, squares{};
    sum_blocks(rgb.data(), blocks, sums.data(), squares.data());
    for (std::size_t k = 0; k < lanes; ++k) {
      total.sum[k % 3] += sums[k];
      total.sum_of_squares[k % 3] += squares[k];
    }
    rgb = rgb.subspan(blocks * lanes);
  }
  for (std::size_t k = 0; k < rgb.size(); ++k) {
    total.sum[k % 3] += rgb[k];
    total.sum_of_squares[k % 3] += std::uint64_t{rgb[k]} * rgb[k];
  }
  return total;
}

}  // namespace hamgen::render
