// Random numbers: the published generator, separate streams, the right distributions, the same numbers
// everywhere.
#include "simulators/base/random_stream.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <set>
#include <vector>

using namespace hamgen::simulators;

namespace {

constexpr std::size_t draws = 100'000;

std::vector<double> normals(const StreamKey& key) {
  RandomStream random(key);
  std::vector<double> values(draws);
  for (double& value : values) value = random.normal();
  return values;
}

double mean_power(const std::vector<double>& values, int power) {
  double sum = 0;
  for (const double value : values) sum += std::pow(value, power);
  return sum / static_cast<double>(values.size());
}

// sqrt(n) times the largest distance between the empirical distribution and `cdf`: below 1.95 with
// probability 0.999.
template <class Cdf>
double kolmogorov_smirnov(std::vector<double> values, Cdf cdf) {
  std::ranges::sort(values);
  const auto n = static_cast<double>(values.size());
  double distance = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double expected = cdf(values[i]), rank = static_cast<double>(i);
    distance = std::max({distance, expected - rank / n, (rank + 1) / n - expected});
  }
  return std::sqrt(n) * distance;
}

}  // namespace

// Random123, tests/kat_vectors: philox4x64 10.
TEST_CASE("Philox4x64-10 gives the published known answers") {
  using Philox = r123::Philox4x64;
  const std::uint64_t ones = ~std::uint64_t{0};
  CHECK(Philox{}(Philox::ctr_type{{0, 0, 0, 0}}, Philox::key_type{{0, 0}}) ==
        Philox::ctr_type{{0x16554d9eca36314c, 0xdb20fe9d672d0fdc, 0xd7e772cee186176b, 0x7e68b68aec7ba23b}});
  CHECK(Philox{}(Philox::ctr_type{{ones, ones, ones, ones}}, Philox::key_type{{ones, ones}}) ==
        Philox::ctr_type{{0x87b092c3013fe90b, 0x438c3c67be8d0224, 0x9cc7d7c69cd777b6, 0xa09caebf594f0ba0}});
  CHECK(Philox{}(Philox::ctr_type{{0x243f6a8885a308d3, 0x13198a2e03707344, 0xa4093822299f31d0,
                                   0x082efa98ec4e6c89}},
                 Philox::key_type{{0x452821e638d01377, 0xbe5466cf34e90c6c}}) ==
        Philox::ctr_type{{0xa528f45403e61d95, 0x38c72dbd566e9788, 0xa5a1610e72fd18b5, 0x57bd43b5e52b7fe6}});
}

TEST_CASE("the stream of the zero key begins with the known answer, then counts blocks") {
  RandomStream random(StreamKey{});
  const std::array<std::uint64_t, 4> first{0x16554d9eca36314c, 0xdb20fe9d672d0fdc, 0xd7e772cee186176b,
                                           0x7e68b68aec7ba23b};
  for (const std::uint64_t word : first) CHECK(random() == word);
  const auto second = r123::Philox4x64{}({{0, 0, 1, 0}}, {{0, 0}});
  for (const std::uint64_t word : second) CHECK(random() == word);
}

TEST_CASE("streams differ in every part of their key, and no two share a word") {
  std::set<std::uint64_t> words;
  std::size_t drawn = 0;
  for (const std::uint64_t seed : {0, 1, 2})
    for (const Split split : {Split::train, Split::test})
      for (const std::uint64_t trajectory : {0, 1, 2, 1'000'000})
        for (const std::uint64_t attempt : {0, 1, 2})
          for (const Purpose purpose :
               {Purpose::start, Purpose::noise, Purpose::view, Purpose::noise_floor}) {
            RandomStream random({seed, split, trajectory, attempt, purpose});
            for (int i = 0; i < 12; ++i, ++drawn) words.insert(random());
          }
  CHECK(words.size() == drawn);
}

// Bounds: five standard deviations.
TEST_CASE("uniform numbers fill [low, high) evenly") {
  RandomStream random({.seed = 5});
  std::vector<double> values(draws);
  for (double& value : values) value = random.uniform();
  CHECK(std::ranges::min(values) >= 0);
  CHECK(std::ranges::max(values) < 1);
  CHECK(std::abs(mean_power(values, 1) - 0.5) <= 0.0046);
  CHECK(std::abs(mean_power(values, 2) - 1.0 / 3) <= 0.0047);
  CHECK(kolmogorov_smirnov(values, [](double x) { return x; }) < 1.95);
  for (double& value : values) value = random.uniform(-3, 5);
  CHECK(kolmogorov_smirnov(values, [](double x) { return (x + 3) / 8; }) < 1.95);

  int heads = 0;
  for (std::size_t i = 0; i < draws; ++i) heads += random.coin();
  CHECK(std::abs(heads - draws / 2.0) <= 800);
}

TEST_CASE("normal numbers have the moments and the distribution of N(0, 1)") {
  const auto values = normals({.seed = 5, .purpose = Purpose::noise});
  const double sigma = 1 / std::sqrt(static_cast<double>(draws));  // of the mean; five of these below
  CHECK(std::abs(mean_power(values, 1)) < 5 * sigma);
  CHECK(std::abs(mean_power(values, 2) - 1) < 5 * std::sqrt(2.0) * sigma);
  CHECK(std::abs(mean_power(values, 3)) < 5 * std::sqrt(15.0) * sigma);
  CHECK(std::abs(mean_power(values, 4) - 3) < 5 * std::sqrt(96.0) * sigma);
  CHECK(kolmogorov_smirnov(values, [](double x) { return std::erfc(-x / std::numbers::sqrt2) / 2; }) < 1.95);
}

TEST_CASE("neighbouring streams are uncorrelated") {
  const auto a = normals({.seed = 5, .trajectory = 0}), b = normals({.seed = 5, .trajectory = 1});
  double correlation = 0;
  for (std::size_t i = 0; i < draws; ++i) correlation += a[i] * b[i] / static_cast<double>(draws);
  CHECK(std::abs(correlation) < 5 / std::sqrt(static_cast<double>(draws)));
}

// Datasets are reproducible only while these stay: a change of Boost's ziggurat or of the key layout shows
// here.
TEST_CASE("the first numbers of a stream are pinned") {
  const StreamKey key{
      .seed = 7, .split = Split::test, .trajectory = 3, .attempt = 1, .purpose = Purpose::noise};
  RandomStream random(key);
  for (const double expected :
       {0.10622008757130121, -0.30935182061781741, 0.37296242433417492, 0.33388274361163667})
    CHECK(std::abs(random.normal() - expected) <= 1e-15);
  RandomStream again(key);
  for (const double expected :
       {0x1.3d34c617d8158p-4, 0x1.d155ec1c003b4p-2, 0x1.023a305388098p-2, 0x1.5648e11cca448p-2})
    CHECK(again.uniform() == expected);
}
