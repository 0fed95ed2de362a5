#include "model/data/encoder_input.hpp"

#include <doctest/doctest.h>

#include "model/data/batches.hpp"

namespace hamgen::model {
namespace {

const PixelStatistics statistics{at::tensor({0.2F, 0.5F, 0.7F}).view({3, 1, 1}),
                                 at::tensor({0.1F, 0.3F, 0.2F}).view({3, 1, 1})};

Tensor random_frames(std::int64_t size) {
  return at::randint(256, {2, 5, size, size, 3}, at::kByte);
}

TEST_CASE("what an encoder takes is the shown frames' pixels, of mean 0 and deviation 1, channels last") {
  const std::vector<std::int64_t> shown{4, 3, 0, 9, 9, 5};
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16})
    for (const std::int64_t stored : {16, 32}) {  // 32 are averaged down
      const Tensor frames = random_frames(stored);
      const Tensor input = encoder_input(frames, shown, 3, 16, statistics, type);
      const Tensor pixels = to_pixels(frames, 16).flatten(0, 1).index_select(0, at::tensor(shown));
      REQUIRE(input.sizes() == at::IntArrayRef{2, 3, 3, 16, 16});
      CHECK((input.scalar_type() == type));
      CHECK(at::equal(input, statistics.normalised(pixels).to(type).view_as(input)));
      if (stored == 16) CHECK(input.flatten(1, 2).is_contiguous(at::MemoryFormat::ChannelsLast));
    }
}

TEST_CASE("frames that are not there are refused") {
  const Tensor frames = random_frames(16);
  for (const std::int64_t wrong : {-2, 10})
    CHECK_THROWS_WITH(encoder_input(frames, {0, wrong}, 2, 16, statistics, at::kFloat),
                      doctest::Contains("there is no frame"));
  CHECK_THROWS_WITH(encoder_input(frames, {0, 1, 2}, 2, 16, statistics, at::kFloat),
                    doctest::Contains("shows 2 frames"));
}

TEST_CASE("a blank frame has the mean colour") {
  for (const std::int64_t stored : {16, 32}) {
    const Tensor input =
        encoder_input(random_frames(stored), {1, blank_frame}, 2, 16, statistics, at::kFloat);
    CHECK(input.select(1, 0).abs().max().item<float>() > 0);
    CHECK(input.select(1, 1).abs().max().item<float>() == 0);
  }
}

}  // namespace
}  // namespace hamgen::model
