#include "dataset/files/deflate.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <span>

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

namespace {

// How many of the others' outputs differ from the first one's.
int differences(std::span<Deflater> deflaters, std::span<const std::uint8_t> bytes) {
  const auto expected = deflaters[0].compress(bytes);
  return static_cast<int>(std::ranges::count_if(
      deflaters.subspan(1), [&](Deflater& deflater) { return deflater.compress(bytes) != expected; }));
}

// ISA-L enters one of the first positions under a hash of its own address. This finds it where the hashes
// fall together: a wrong match in a few of ten thousand inputs.
std::vector<std::uint8_t> repetition(std::mt19937& random, std::size_t period) {
  std::vector<std::uint8_t> bytes(600);
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = i < 4 ? static_cast<std::uint8_t>(random()) : bytes[i - period];
  return bytes;
}

// Where nothing matches, ISA-L writes two literals, skips 32, and looks the next position up under a stale
// hash. What stands there, for one of the phases, is what stands at the wrong entry, so that it would match.
constexpr std::size_t skip = 34;
std::vector<std::uint8_t> behind_skips(std::mt19937& random, std::size_t phase) {
  std::vector<std::uint8_t> bytes(16'384);
  std::ranges::generate(bytes, [&] { return static_cast<std::uint8_t>(random()); });
  for (std::size_t i = 5'000 + phase; i + 4 <= bytes.size(); i += skip) std::copy_n(&bytes[2], 4, &bytes[i]);
  return bytes;
}

}  // namespace

TEST_CASE("equal input gives equal output, at whatever address the compressor works") {
  for (int level = fastest_compression; level <= densest_compression; ++level) {
    std::vector<Deflater> deflaters;
    for (int i = 0; i < 4; ++i) deflaters.emplace_back(level);
    std::mt19937 random(1);
    CAPTURE(level);
    int repeated = 0, skipped = 0;
    for (std::size_t trial = 0; trial < 20'000; ++trial)
      repeated += differences(deflaters, repetition(random, 1 + trial % 4));
    CHECK(repeated == 0);
    for (std::size_t trial = 0; trial < 60 * skip; ++trial)
      skipped += differences(deflaters, behind_skips(random, trial % skip));
    CHECK(skipped == 0);
  }
}

TEST_CASE("there is room for as many compressors as a large machine has threads") {
  std::vector<Deflater> deflaters;
  for (int i = 0; i < 256; ++i) deflaters.emplace_back(fastest_compression);
  CHECK(differences(deflaters, sample(10'000, 1)) == 0);
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
