// A producer compresses what it is given, and nothing beside it.
#include "apps/generate/producer.hpp"

#include <doctest/doctest.h>

#include "apps/generate/planned_shards.hpp"

using namespace hamgen;

TEST_CASE("the last chunk of a trajectory is filled up with zeros, whatever lies behind the frames") {
  const apps::Config config = apps::config_from_json({{"system", "pendulum"}, {"image", {{"size", 128}}}});
  const apps::Simulations simulations(config);
  apps::Producer producer(simulations.train(), render::Canvas::from(config.settings), 1);
  const auto frames =
      producer.render_exact(simulations.train().trajectory(simulators::Split::train, 0)).frames;
  const auto chunking = dataset::chunk_frames(simulations.train().frames(), std::uint64_t{128} * 128 * 3);
  REQUIRE(frames.size() < chunking.chunks * chunking.chunk_bytes());

  std::vector<std::uint8_t> with_more(frames.begin(), frames.end());
  const auto chunks = producer.compress(frames);
  with_more.resize(chunking.chunks * chunking.chunk_bytes(), 77);
  CHECK(producer.compress(std::span(with_more).first(frames.size())) == chunks);

  REQUIRE(chunks.size() == chunking.chunks);
  std::vector<std::uint8_t> last(chunking.chunk_bytes());
  dataset::inflate(chunks.back(), last);
  const std::size_t held = frames.size() - (chunking.chunks - 1) * chunking.chunk_bytes();
  CHECK(std::equal(last.begin(), last.begin() + static_cast<std::ptrdiff_t>(held),
                   frames.end() - static_cast<std::ptrdiff_t>(held)));
  CHECK(std::all_of(last.begin() + static_cast<std::ptrdiff_t>(held), last.end(),
                    [](auto byte) { return byte == 0; }));
}
