#include "simulators/base/random_stream.hpp"

#include <boost/random/normal_distribution.hpp>

namespace hamgen::simulators {

RandomStream::RandomStream(const StreamKey& key)
    : key_{{key.seed, std::uint64_t{static_cast<std::uint32_t>(key.split)} << 32 |
                          static_cast<std::uint32_t>(key.purpose)}},
      counter_{{key.trajectory, key.attempt, 0, 0}} {}

RandomStream::result_type RandomStream::operator()() {
  if (used_ == 4) {
    block_ = Generator{}(counter_, key_);
    ++counter_[2];
    used_ = 0;
  }
  return block_[used_++];
}

double RandomStream::uniform() {
  return static_cast<double>((*this)() >> 11) * 0x1p-53;
}

double RandomStream::uniform(double low, double high) {
  return low + (high - low) * uniform();
}

double RandomStream::normal() {
  return boost::random::normal_distribution<double>{}(*this);
}

bool RandomStream::coin() {
  return (*this)() >> 63 != 0;
}

}  // namespace hamgen::simulators
