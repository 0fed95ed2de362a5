#include "dataset/deflate.hpp"

#include <doctest/doctest.h>

#include <random>

using namespace hamgen::dataset;

namespace {

// Compressible, with matches at all distances.
std::vector<std::uint8_t> sample(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<std::uint8_t> bytes(size);
  for (std::size_t i = 0; i < size; ++i)
    bytes[i] =
        static_cast<std::uint8_t>(i > 200 && random() % 8 != 0 ? bytes[i - 1 - random() % 200] : random());
  return bytes;
}

// Leaves a pattern on the stack for what is called next.
[[gnu::noinline]] unsigned litter(std::uint16_t pattern) {
  constexpr std::size_t size = 100'000;
  volatile std::uint16_t memory[size];
  for (std::size_t i = 0; i < size; ++i) memory[i] = pattern;
  return memory[pattern];
}

}  // namespace

TEST_CASE("what is compressed comes back, at every level and of every size") {
  for (int level = fastest_compression; level <= densest_compression; ++level) {
    Deflater deflater(level);
    for (const std::size_t size : {1U, 7U, 100U, 95'232U, 1'000'000U}) {
      const auto bytes = sample(size, static_cast<unsigned>(size));
      std::vector<std::uint8_t> back(size);
      inflate(deflater.compress(bytes), back);
      CHECK(back == bytes);
      std::vector<std::uint8_t> trusted(size);
      inflate_trusted(deflater.compress(bytes), trusted);
      CHECK(trusted == bytes);
    }
  }
}

TEST_CASE("equal input gives equal output, whatever came before and whatever memory held") {
  for (int level = fastest_compression; level <= densest_compression; ++level) {
    const auto bytes = sample(95'232, 1);
    const auto expected = Deflater(level).compress(bytes);
    Deflater used(level);
    for (unsigned i = 0; i < 50; ++i) {
      litter(static_cast<std::uint16_t>(i));
      CHECK(Deflater(level).compress(bytes) == expected);
      used.compress(sample(1000 * (i + 1), i));
      litter(static_cast<std::uint16_t>(i));
      CHECK(used.compress(bytes) == expected);
    }
  }
}

TEST_CASE("equal input gives equal output, at whatever address the compressor works") {
  // ISA-L enters one of the first hashes under its own address: a wrong match in a few of ten thousand
  // inputs.
  constexpr std::size_t size = 600;
  for (int level = fastest_compression; level <= densest_compression; ++level) {
    std::vector<Deflater> deflaters;
    for (int i = 0; i < 3; ++i) deflaters.emplace_back(level);
    std::mt19937 random(1);
    int different = 0;
    std::vector<std::uint8_t> bytes(size);
    for (int trial = 0; trial < 20'000; ++trial) {
      for (std::size_t i = 0; i < size; ++i)
        bytes[i] = i < 4 ? static_cast<std::uint8_t>(random()) : bytes[i - 1 - trial % 4];
      const auto expected = deflaters[0].compress(bytes);
      for (std::size_t i = 1; i < deflaters.size(); ++i)
        different += deflaters[i].compress(bytes) != expected;
    }
    CAPTURE(level);
    CHECK(different == 0);
  }
}

TEST_CASE("a stream that is damaged, cut off, too long or of another length is refused, within bounds") {
  const auto bytes = sample(10'000, 3);
  const auto stream = Deflater(1).compress(bytes);
  std::vector<std::uint8_t> place(bytes.size());
  for (std::size_t i = 0; i < stream.size(); i += 13) {
    auto damaged = stream;
    damaged[i] ^= std::byte{16};
    CHECK_THROWS_AS(inflate(damaged, place), InflateError);
    CHECK_THROWS_AS(inflate(std::span(stream).first(i), place), InflateError);
  }
  auto longer = stream;
  longer.push_back(std::byte{0});
  CHECK_THROWS_AS(inflate(longer, place), InflateError);
  CHECK_THROWS_AS(inflate({}, place), InflateError);
  CHECK_THROWS_AS(inflate_trusted({}, place), InflateError);
  CHECK_THROWS_AS(inflate_trusted(longer, place), InflateError);
  CHECK_THROWS_AS(inflate_trusted(stream, std::span(place).first(9'999)), InflateError);
  CHECK_THROWS_AS(inflate(stream, std::span(place).first(9'999)), InflateError);
  std::vector<std::uint8_t> larger(10'001);
  CHECK_THROWS_AS(inflate(stream, larger), InflateError);
}
