#include "render/channel_sums.hpp"

#include <algorithm>
#include <cmath>

namespace hamgen::render {
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
  const double mean_square =
      static_cast<double>(sum_of_squares[channel]) / static_cast<double>(pixels) / (255.0 * 255);
  return std::sqrt(std::max(0.0, mean_square - mean(channel) * mean(channel)));
}

}  // namespace hamgen::render
