#include "model/kernels/upsampled_convolution.hpp"

#include <doctest/doctest.h>

using namespace hamgen::model;

TEST_CASE(
    "four phases of 2x2 convolutions are the 3x3 convolution of the doubled image, with its gradients") {
  auto generator = make_generator(1);
  const auto random = [&](at::IntArrayRef shape) {
    return at::randn(shape, generator, at::TensorOptions(at::kDouble)).requires_grad_();
  };
  const Tensor x = random({2, 5, 4, 6}), weight = random({7, 5, 3, 3}), bias = random({7});
  const Tensor plain = at::conv2d(at::upsample_nearest2d(x, {8, 12}), weight, bias, 1, 1),
               phases = upsampled_convolution(x, weight, bias), c = random({2, 7, 8, 12}).detach();
  CHECK(phases.allclose(plain, 1e-12, 1e-12));
  const auto a = torch::autograd::grad({(phases * c).sum()}, {x, weight, bias}),
             b = torch::autograd::grad({(plain * c).sum()}, {x, weight, bias});
  for (std::size_t i = 0; i < 3; ++i) CHECK(a[i].allclose(b[i], 1e-11, 1e-11));
}
