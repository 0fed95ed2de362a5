#include "model/base/tensors.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace hamgen::model {

std::vector<double> to_vector(const Tensor& values) {
  const Tensor flat = values.detach().to(at::kCPU, at::kDouble).contiguous();
  return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
}

Tensor centres_of_colour(const Tensor& images) {
  const auto places = [&](std::int64_t size) {
    return (at::arange(size, images.options()) + 0.5) * 2 / size - 1;
  };
  const Tensor columns = images.mean(2), rows = images.mean(3);  // [n, C, W], [n, C, H]
  return at::cat({(columns * places(columns.size(2))).mean(2), (rows * places(rows.size(2))).mean(2)}, 1);
}

namespace {

// Pixel i of `size` is at (2 i + 1 - size) / size.
std::int32_t place_times_size(std::int64_t i, std::int64_t size) {
  return static_cast<std::int32_t>(2 * i + 1 - size);
}

// The sums over one frame, h rows of w pixels, of value times place: x of every colour, then y. Those of columns are `down`,
// those of columns times the row's place are `weighed`: 3 w numbers each, room to work in.
void add_centres(const std::uint8_t* frame, std::int64_t h, std::int64_t w, std::int32_t* down,
                 std::int32_t* weighed, float* centres) {
  const std::int64_t values = 3 * w;
  std::fill_n(down, values, 0);
  std::fill_n(weighed, values, 0);
  for (std::int64_t y = 0; y < h; ++y) {
    const std::int32_t place = place_times_size(y, h);
    const std::uint8_t* const row = frame + y * values;
    for (std::int64_t i = 0; i < values; ++i) {
      down[i] += row[i];
      weighed[i] += place * row[i];
    }
  }
  std::array<std::int64_t, 6> sums{};
  for (std::int64_t i = 0; i < values; ++i) {
    const auto colour = static_cast<std::size_t>(i % 3);
    sums[colour] += std::int64_t{place_times_size(i / 3, w)} * down[i];
    sums[3 + colour] += weighed[i];
  }
  const auto pixels = static_cast<double>(255 * h * w);
  for (std::size_t k = 0; k < sums.size(); ++k)
    centres[k] =
        static_cast<float>(static_cast<double>(sums[k]) / (pixels * static_cast<double>(k < 3 ? w : h)));
}

}  // namespace

Tensor centres_of_frames(const Tensor& frames) {
  constexpr std::int64_t largest = 2048;  // pixels along a side, for which sums of a column fit into 32 bits
  const std::int64_t h = frames.size(1), w = frames.size(2);
  if (!frames.is_cpu() || std::max(h, w) > largest)
    return centres_of_colour(frames.permute({0, 3, 1, 2}).to(at::kFloat) / 255);
  const Tensor whole = frames.contiguous();
  const Tensor centres = at::empty({whole.size(0), 6}, at::kFloat);
  at::parallel_for(0, whole.size(0), 64, [&](std::int64_t begin, std::int64_t end) {
    std::vector<std::int32_t> room(static_cast<std::size_t>(6 * w));
    for (std::int64_t i = begin; i < end; ++i)
      add_centres(whole.data_ptr<std::uint8_t>() + i * 3 * h * w, h, w, room.data(), room.data() + 3 * w,
                  centres.data_ptr<float>() + 6 * i);
  });
  return centres;
}

}  // namespace hamgen::model
