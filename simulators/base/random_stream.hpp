// Counter-based random streams: the same numbers for the same key, on any thread, in any order, on any
// machine.
//
// Philox4x64-10 (Salmon, Moraes, Dror, Shaw 2011, doi:10.1145/2063384.2063405; implementation: Random123).
// The key is (seed, split and purpose); the counter is (trajectory, attempt, block), so no two streams of a
// dataset overlap: each may draw 2^64 blocks of four 64-bit words.
#pragma once

#include <Random123/philox.h>

#include <cstdint>

namespace hamgen::simulators {

enum class Split : std::uint32_t {
  train = 0,
  test = 1,
  test_extrapolate = 2,
  test_energy = 3,
  test_parameters = 4,
  validation = 5,
};

// What the numbers are for. Separate streams keep a change in one use (say, more noise draws) from shifting
// another.
enum class Purpose : std::uint32_t {
  start = 0,
  noise = 1,
  view = 2,
  noise_floor = 3,
  hues = 4,
  noise_floor_momentum = 5,
};

struct StreamKey {
  std::uint64_t seed = 0;
  Split split = Split::train;
  std::uint64_t trajectory = 0;
  std::uint64_t attempt = 0;
  Purpose purpose = Purpose::start;
};

// A UniformRandomBitGenerator of 64-bit words, with the distributions that the simulators need.
class RandomStream {
 public:
  explicit RandomStream(const StreamKey& key);

  using result_type = std::uint64_t;
  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return ~result_type{0}; }
  result_type operator()();

  double uniform();                         // [0, 1), 53 bits
  double uniform(double low, double high);  // [low, high)
  double normal();                          // mean 0, standard deviation 1 (ziggurat of Boost.Random)
  bool coin();                              // true with probability 1/2

 private:
  using Generator = r123::Philox4x64;
  Generator::key_type key_;
  Generator::ctr_type counter_;
  Generator::ctr_type block_{};
  unsigned used_ = 4;  // words of block_ already handed out
};

}  // namespace hamgen::simulators
