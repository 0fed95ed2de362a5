#include "model/kernels/upsampled_convolution.hpp"

namespace hamgen::model {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr std::int64_t phases = 4;  // of rows a and columns b: 2 a + b

// Phase (a, b) of an image with phases as groups of channels, [N, 4 F, h + 1, w + 1], as the output has it;
// and the pixels of the output that it becomes.
Tensor phase_of(const Tensor& y, std::int64_t a, std::int64_t b) {
  const std::int64_t filters = y.size(1) / phases, h = y.size(2) - 1, w = y.size(3) - 1;
  return y.narrow(1, (2 * a + b) * filters, filters).narrow(2, a, h).narrow(3, b, w);
}

Tensor pixels_of(const Tensor& image, std::int64_t a, std::int64_t b) {
  return image.slice(2, a, c10::nullopt, 2).slice(3, b, c10::nullopt, 2);
}

struct Interleave : public torch::autograd::Function<Interleave> {
  static Tensor forward(AutogradContext*, const Tensor& y) {
    Tensor image = at::empty({y.size(0), y.size(1) / phases, 2 * (y.size(2) - 1), 2 * (y.size(3) - 1)},
                             y.options().memory_format(at::MemoryFormat::ChannelsLast));
    for (std::int64_t a = 0; a < 2; ++a)
      for (std::int64_t b = 0; b < 2; ++b) pixels_of(image, a, b).copy_(phase_of(y, a, b));
    return image;
  }

  static variable_list backward(AutogradContext*, const variable_list& cotangents) {
    const at::NoGradGuard no_grad;
    const Tensor& c = cotangents[0];
    Tensor y = at::empty({c.size(0), c.size(1) * phases, c.size(2) / 2 + 1, c.size(3) / 2 + 1},
                         c.options().memory_format(at::MemoryFormat::ChannelsLast));
    y.zero_();
    for (std::int64_t a = 0; a < 2; ++a)
      for (std::int64_t b = 0; b < 2; ++b) phase_of(y, a, b).copy_(pixels_of(c, a, b));
    return {y};
  }
};

// [F, C, 3, 3] -> [4 F, C, 2, 2]. Of the taps -1, 0, 1 an even row sees the small image's rows above, here,
// here; an odd one here, here, below.
Tensor phase_weights(const Tensor& weight) {
  const Tensor taps = at::tensor({1.0F, 0.0F, 0.0F, 0.0F, 1.0F, 1.0F, 1.0F, 1.0F, 0.0F, 0.0F, 0.0F, 1.0F})
                          .view({4, 3})  // (a, row of two) by tap
                          .to(weight.options());
  const Tensor rows = at::matmul(taps, weight);    // [F, C, (a, i), 3]
  const Tensor both = at::matmul(rows, taps.t());  // [F, C, (a, i), (b, j)]
  const std::int64_t filters = weight.size(0), channels = weight.size(1);
  return both.view({filters, channels, 2, 2, 2, 2})
      .permute({2, 4, 0, 1, 3, 5})
      .reshape({phases * filters, channels, 2, 2});
}

}  // namespace

Tensor upsampled_convolution(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  const Tensor y = at::conv2d(x, phase_weights(weight), bias.repeat({phases}), 1, 1);
  return Interleave::apply(y);
}

}  // namespace hamgen::model
