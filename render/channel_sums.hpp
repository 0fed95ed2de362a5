// Exact per-channel statistics of many frames: integer sums, so that their order does not matter.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace hamgen::render {

struct ChannelSums {
  std::array<std::uint64_t, 3> sum{}, sum_of_squares{};
  std::uint64_t pixels = 0;

  void add(const ChannelSums& other);
  double mean(std::size_t channel) const;                // value / 255
  double standard_deviation(std::size_t channel) const;  // value / 255
};

}  // namespace hamgen::render
