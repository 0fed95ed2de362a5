// What a latent state looks like.
#pragma once

#include <cstdint>

namespace hamgen::model {

inline constexpr std::int64_t latent_size = 4;  // pixels along each side of a latent image (A.1)

// [channels, size, size]: an image, or a vector, which is an image of one pixel.
struct LatentShape {
  std::int64_t channels = 0, size = latent_size;
  static LatentShape image(std::int64_t channels) { return {channels, latent_size}; }
  static LatentShape vector(std::int64_t numbers) { return {numbers, 1}; }
  bool is_vector() const { return size == 1; }
  std::int64_t numbers() const { return channels * size * size; }
  LatentShape times(std::int64_t factor) const { return {factor * channels, size}; }
};

}  // namespace hamgen::model
