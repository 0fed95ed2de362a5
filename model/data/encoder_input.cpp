#include "model/data/encoder_input.hpp"

#include <algorithm>

#include "model/data/batches.hpp"

namespace hamgen::model {
namespace {

constexpr std::int64_t colours = 3, bytes = 256;

// Of every byte in every colour, [3 * 256].
Tensor value_of_bytes(const PixelStatistics& statistics, at::ScalarType type) {
  const Tensor pixels = at::arange(bytes, at::kFloat).mul_(1.0F / 255).expand({colours, bytes});
  return statistics.normalised(pixels.unsqueeze(-1)).to(type).flatten().contiguous();
}

// Values are as wide as Word and only moved. frames: [N, size, size, 3]; input: [B, size, size, context, 3].
template <typename Word>
void fill(Word* input, const std::uint8_t* frames, const std::vector<std::int64_t>& shown,
          std::int64_t context, std::int64_t size, const Word* values) {
  const std::int64_t row = size * colours;
  const auto rows = static_cast<std::int64_t>(shown.size()) / context * size;
  at::parallel_for(0, rows, 64, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t sequence = i / size, y = i % size;
      for (std::int64_t t = 0; t < context; ++t) {
        Word* to = input + i * context * row + t * colours;
        const std::int64_t frame = shown[static_cast<std::size_t>(sequence * context + t)];
        if (frame == blank_frame) {
          for (std::int64_t x = 0; x < size; ++x, to += context * colours) std::fill_n(to, colours, Word{});
          continue;
        }
        const std::uint8_t* from = frames + (frame * size + y) * row;
        for (std::int64_t x = 0; x < size; ++x, to += context * colours)
          for (std::int64_t c = 0; c < colours; ++c) to[c] = values[c * bytes + *from++];
      }
    }
  });
}

template <typename Word>
const Word* words(const Tensor& tensor) {
  return static_cast<const Word*>(tensor.data_ptr());
}

Tensor in_one_pass(const Tensor& frames, const std::vector<std::int64_t>& shown, std::int64_t context,
                   std::int64_t size, const PixelStatistics& statistics, at::ScalarType type) {
  const Tensor values = value_of_bytes(statistics, type), stored = frames.contiguous();
  const auto sequences = static_cast<std::int64_t>(shown.size()) / context;
  const Tensor input = at::empty({sequences, size, size, context, colours}, type);
  const auto filled_by = [&]<typename Word>(Word* to) {
    fill(to, stored.data_ptr<std::uint8_t>(), shown, context, size, words<Word>(values));
  };
  if (type == at::kFloat)
    filled_by(static_cast<std::uint32_t*>(input.data_ptr()));
  else
    filled_by(static_cast<std::uint16_t*>(input.data_ptr()));
  return input.permute({0, 3, 4, 1, 2});
}

}  // namespace

Tensor encoder_input(const Tensor& frames, const std::vector<std::int64_t>& shown, std::int64_t context,
                     std::int64_t size, const PixelStatistics& statistics, at::ScalarType type) {
  const std::int64_t height = frames.size(-3), width = frames.size(-2);
  const std::int64_t count = frames.numel() / (height * width * colours);
  TORCH_CHECK(frames.size(-1) == colours && height == width, "frames are [..., S, S, 3]");
  TORCH_CHECK(type == at::kFloat || type == at::kBFloat16, "an encoder takes fp32 or bf16");
  TORCH_CHECK(static_cast<std::int64_t>(shown.size()) % context == 0, "every sequence shows ", context,
              " frames");
  for (const std::int64_t frame : shown)
    TORCH_CHECK(frame >= blank_frame && frame < count, "there is no frame ", frame, " of ", count);
  if (frames.device().is_cpu() && width == size)
    return in_one_pass(frames, shown, context, size, statistics, type);
  const Tensor rows = indices(shown, frames.device());
  const Tensor chosen = frames.flatten(0, -4).index_select(0, rows.clamp_min(0));
  const Tensor values = statistics.normalised(to_pixels(chosen, size)).to(type);
  return values.masked_fill((rows == blank_frame).view({-1, 1, 1, 1}), 0).unflatten(0, {-1, context});
}

}  // namespace hamgen::model
