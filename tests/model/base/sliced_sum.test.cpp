#include "model/base/sliced_sum.hpp"

#include <doctest/doctest.h>

using namespace hamgen::model;

TEST_CASE("a sum by slices has the value and the gradients of the whole, for any size of slice") {
  auto generator = make_generator(1);
  const auto random = [&](at::IntArrayRef shape) {
    return at::randn(shape, generator, at::TensorOptions(at::kFloat)).to(at::kDouble).requires_grad_();
  };
  const Tensor x = random({13, 4}), w = random({4, 3}), unused = random({2}),
               target = random({13, 3}).detach();
  const SliceError error = [&](const Tensor& rows, std::int64_t begin) {
    return (at::mm(rows, w).sin() - target.slice(0, begin, begin + rows.size(0))).square().sum();
  };
  const Tensor whole = error(x, 0);
  const auto expected = torch::autograd::grad({3 * whole}, {x, w});
  for (const std::int64_t slice : {1, 4, 13, 1000}) {
    const Tensor sum = sliced_sum(error, x, {w, unused}, slice);
    CHECK((sum - whole).abs().item<double>() < 1e-4);  // summed in fp32
    const auto gradients = torch::autograd::grad({3 * sum}, {x, w, unused}, {}, {}, false, true);
    for (std::size_t i = 0; i < 2; ++i) CHECK(gradients[i].allclose(expected[i], 1e-12, 1e-12));
    CHECK(!gradients[2].defined());
    const at::NoGradGuard no_grad;
    CHECK((sliced_sum(error, x, {w}, slice) - whole).abs().item<double>() < 1e-4);
  }
}
