// Stateless randomness of a training run: every draw is a function of (seed, purpose, step), so that a run
// that was interrupted continues with the same numbers, and no state has to be kept.
#pragma once

#include <cstdint>
#include <initializer_list>

namespace hamgen::model {

enum class Purpose : std::uint64_t {
  parameters = 1,
  order,
  window,
  reversal,
  posterior,
  frames,
  prior,
  points,
  parts
};

// The finaliser of SplitMix64 (Steele, Lea, Flood 2014, doi:10.1145/2660193.2660195): a bijection that mixes
// well.
constexpr std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

constexpr std::uint64_t random_key(std::uint64_t seed, Purpose purpose,
                                   std::initializer_list<std::uint64_t> counters = {}) {
  std::uint64_t key = mix(seed ^ mix(static_cast<std::uint64_t>(purpose)));
  for (const std::uint64_t counter : counters) key = mix(key ^ counter);
  return key;
}

// In [0, 1), from the upper 53 bits.
constexpr double uniform(std::uint64_t key) {
  return static_cast<double>(key >> 11) * 0x1p-53;
}

// A pseudo-random permutation of {0, ..., size - 1}, evaluated point by point: a Feistel network over the
// next even power of two, walked until it lands inside (Black, Rogaway 2002, doi:10.1007/3-540-45760-7_9).
class Permutation {
 public:
  Permutation(std::uint64_t size, std::uint64_t key) : size_(size), key_(key) {
    while ((std::uint64_t{1} << (2 * half_bits_)) < size_) ++half_bits_;
  }
  std::uint64_t operator()(std::uint64_t position) const {
    do position = encrypt(position);
    while (position >= size_);
    return position;
  }

 private:
  std::uint64_t encrypt(std::uint64_t x) const {
    const std::uint64_t mask = (std::uint64_t{1} << half_bits_) - 1;
    std::uint64_t left = x >> half_bits_, right = x & mask;
    for (std::uint64_t round = 0; round < 8; ++round) {
      const std::uint64_t next = left ^ (mix(key_ ^ mix(right ^ (round << 56))) & mask);
      left = right;
      right = next;
    }
    return left << half_bits_ | right;
  }

  std::uint64_t size_, key_;
  unsigned half_bits_ = 1;
};

}  // namespace hamgen::model
