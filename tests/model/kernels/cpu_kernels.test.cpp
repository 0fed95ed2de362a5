#include <doctest/doctest.h>

#include "model/kernels/cpu_level.hpp"
#include "model/kernels/softplus_gradient.hpp"

using namespace hamgen::model;

namespace {

Tensor random(at::IntArrayRef shape, std::uint64_t seed) {
  auto generator = make_generator(seed);
  return at::randn(shape, generator, at::TensorOptions(at::kFloat));
}

float* data(const Tensor& x) {
  return x.data_ptr<float>();
}

void check_close(const Tensor& x, const Tensor& expected) {
  CHECK((x.to(at::kDouble) - expected).abs().max().item<double>() < 1e-4);
}

}  // namespace

TEST_CASE("products and sums of every level of CPU are those of double precision, for every remainder") {
  for (const CpuKernels* const kernels : runnable_cpu_kernels())
    for (const auto& [m, n, k] :
         {std::tuple(1, 1, 1), {3, 2, 128}, {64, 128, 128}, {61, 75, 33}, {8, 32, 2}, {13, 47, 5}}) {
      CAPTURE(m);
      CAPTURE(n);
      const Tensor a = random({m, k}, 1), b = random({k, n}, 2), bias = random({n}, 3),
                   scale = random({m, n}, 4);
      const Tensor product = at::mm(a.to(at::kDouble), b.to(at::kDouble));
      Tensor c = at::empty({m, n});
      kernels->product(data(a), data(b), nullptr, nullptr, data(c), m, n, k);
      check_close(c, product);
      kernels->product(data(a), data(b), data(bias), data(scale), data(c), m, n, k);
      check_close(c, (product + bias) * scale);
      kernels->dots(data(a), data(b.t().contiguous()), data(bias), data(c), m, n, k);
      check_close(c, product + bias);
      Tensor sum = scale.clone();
      kernels->add_transposed_product(data(a.t().contiguous()), data(b), data(sum), m, n, k);
      check_close(sum, product + scale);
      Tensor sums = bias.clone();
      kernels->add_column_sums(data(scale), data(sums), m, n);
      check_close(sums, scale.to(at::kDouble).sum(0) + bias);
      kernels->scale_columns(data(scale), data(bias), data(c), m, n);
      check_close(c, scale * bias);
      kernels->multiply(data(scale), data(sum), data(c), c.numel());
      check_close(c, scale * sum);
    }
}

TEST_CASE("softplus, sigmoid and ReLU of every level of CPU, to their last digits") {
  for (const CpuKernels* const kernels : runnable_cpu_kernels()) {
    for (const std::int64_t size : {1, 7, 100'001}) {
      const Tensor z = at::linspace(-80, 80, size, at::kDouble);
      Tensor sigmoid = z.to(at::kFloat), softplus = at::empty_like(sigmoid), alone = z.to(at::kFloat);
      kernels->softplus_and_sigmoid(data(sigmoid), data(softplus), size);
      kernels->sigmoid(data(alone), size);
      const Tensor at_z = z.to(at::kFloat).to(at::kDouble);
      CHECK(at::allclose(sigmoid.to(at::kDouble), at_z.sigmoid(), 4e-7, 0));
      CHECK(at::allclose(alone.to(at::kDouble), at_z.sigmoid(), 4e-7, 0));
      CHECK(at::allclose(softplus.to(at::kDouble), softplus_of(at_z), 4e-7, 0));
      Tensor relu = z.to(at::kFloat), back = at::ones_like(relu);
      kernels->relu(data(relu), size);
      kernels->pull_back_relu(data(back), data(relu), size);
      CHECK(relu.equal(z.to(at::kFloat).relu()));
      CHECK(back.equal((z.to(at::kFloat) > 0).to(at::kFloat)));
    }
    const float nan = std::numeric_limits<float>::quiet_NaN();
    Tensor far = at::tensor({-1e30F, -200.0F, 200.0F, 1e30F, nan}), value = at::empty_like(far),
           relu = far.clone();
    kernels->softplus_and_sigmoid(data(far), data(value), 5);
    kernels->relu(data(relu), 5);
    CHECK(at::allclose(far, at::tensor({0.0F, 0.0F, 1.0F, 1.0F, nan}), 0, 1e-30, true));
    CHECK(at::allclose(value, at::tensor({0.0F, 0.0F, 200.0F, 1e30F, nan}), 1e-6, 1e-30, true));
    CHECK(relu[4].isnan().item<bool>());  // what is not a number stays so
  }
}

TEST_CASE("the sigmoid's cotangent") {
  const std::int64_t size = 1003;
  const Tensor s = random({size}, 1).sigmoid(), u = random({size}, 2), a = random({size}, 3);
  for (const CpuKernels* const kernels : runnable_cpu_kernels()) {
    Tensor alone = random({size}, 4), both = alone.clone();
    const Tensor t = alone.clone();
    kernels->pull_back_sigmoid(data(alone), data(s), data(u), nullptr, size);
    kernels->pull_back_sigmoid(data(both), data(s), data(u), data(a), size);
    check_close(alone, t * u * (1 - s));
    check_close(both, a * s + t * u * (1 - s));
  }
}
