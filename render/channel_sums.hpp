// Exact per-channel statistics of many frames: integer sums, so that their order does not matter.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace hamgen::render {

struct ChannelSums {
  std::array<std::uint64_t, 3> sum{}, sum_of_squares{};
  std::uint64_t pixels = 0;

  void add(const ChannelSums& other);
  double mean(std::size_t channel) const;                // value / 255
  double standard_deviation(std::size_t channel) const;  // value / 255
};

// Of interleaved RGB8 pixels.
ChannelSums channel_sums(std::span<const std::uint8_t> rgb);

}  // namespace hamgen::render
