#include "model/softplus_mlp.hpp"

#include <doctest/doctest.h>

#include "model/row_parallel.hpp"
#include "model/softplus_kernel.hpp"

using namespace hamgen::model;

namespace {

Tensor random_rows(std::int64_t rows, std::int64_t columns, at::ScalarType type, std::uint64_t seed = 1) {
  auto generator = make_generator(seed);
  return at::randn({rows, columns}, generator, at::TensorOptions(at::kDouble)).to(type);
}

SoftplusMlp network(const std::vector<std::int64_t>& hidden, std::int64_t inputs = 3) {
  Initializer initializer(7);
  SoftplusMlp mlp(inputs, hidden, small_gain, initializer);
  return mlp;
}

double largest(const Tensor& x) {
  return x.abs().max().item<double>();
}

}  // namespace

TEST_CASE("softplus and sigmoid in one pass are those of double precision, on every kind of vector") {
  for (const std::int64_t size : {1, 7, 100'001}) {
    const Tensor z = at::linspace(-80, 80, size, at::kDouble);
    Tensor sigmoid = z.to(at::kFloat), softplus = at::empty_like(sigmoid), alone = z.to(at::kFloat);
    softplus_and_sigmoid(sigmoid, softplus);
    softplus_and_sigmoid(alone, Tensor());
    const Tensor at_z = z.to(at::kFloat).to(at::kDouble);
    CHECK(at::allclose(sigmoid.to(at::kDouble), at_z.sigmoid(), 4e-7, 0));
    CHECK(at::allclose(alone.to(at::kDouble), at_z.sigmoid(), 4e-7, 0));
    CHECK(at::allclose(softplus.to(at::kDouble), softplus_of(at_z), 4e-7, 0));
  }
  Tensor far = at::tensor({-1e30F, -200.0F, 200.0F, 1e30F}), value = at::empty_like(far);
  softplus_and_sigmoid(far, value);
  CHECK(at::allclose(far, at::tensor({0.0F, 0.0F, 1.0F, 1.0F}), 0, 1e-30));
  CHECK(at::allclose(value, at::tensor({0.0F, 0.0F, 200.0F, 1e30F}), 1e-6, 1e-30));
}

TEST_CASE("the gradient is that of the value, and its derivatives those of automatic differentiation") {
  for (const std::vector<std::int64_t>& hidden : {std::vector<std::int64_t>{9}, {8, 11}, {5, 6, 7}}) {
    for (const at::ScalarType type : {at::kDouble, at::kFloat}) {
      SoftplusMlp mlp = network(hidden);
      mlp->to(type);
      const double tolerance = type == at::kDouble ? 1e-13 : 2e-5;
      Tensor x = random_rows(20, 3, type).requires_grad_();
      const Tensor c = random_rows(20, 3, type, 2), analytic = mlp->gradient(x);
      const Tensor automatic = torch::autograd::grad({mlp->value(x).sum()}, {x}, {}, true, true)[0];
      CHECK(largest(analytic - automatic) < tolerance);
      std::vector<Tensor> inputs = mlp->parameters();
      inputs.push_back(x);
      const auto a = torch::autograd::grad({(analytic * c).sum()}, inputs);
      const auto b = torch::autograd::grad({(automatic * c).sum()}, inputs, {}, {}, false, true);
      for (std::size_t i = 0; i < inputs.size(); ++i)
        CHECK(largest(a[i] - b[i]) < 20 * tolerance);  // sums over rows
    }
  }
}

TEST_CASE(
    "rows in parallel: the same values, gradients of rows and of parameters, for any number of threads") {
  SoftplusMlp mlp = network({8, 8});
  mlp->to(at::kDouble);
  const RowFunction f = [&](const Tensor& rows) { return rows + 0.1 * mlp->gradient(rows).sin(); };
  Tensor x = random_rows(150, 3, at::kDouble).requires_grad_();
  const Tensor c = random_rows(150, 3, at::kDouble, 2);
  std::vector<Tensor> inputs = mlp->parameters();
  inputs.push_back(x);
  const Tensor plain = f(x);
  const auto expected = torch::autograd::grad({(plain * c).sum()}, inputs, {}, {}, false, true);
  const int before = at::get_num_threads();
  for (const int threads : {1, 2, 4}) {
    at::set_num_threads(threads);
    const Tensor y = over_rows(f, x, mlp->parameters());
    CHECK(largest(y - plain) < 1e-14);
    const auto gradients = torch::autograd::grad({(y * c).sum()}, inputs, {}, {}, false, true);
    for (std::size_t i = 0; i < inputs.size(); ++i) CHECK(largest(gradients[i] - expected[i]) < 1e-12);
    const at::NoGradGuard no_grad;
    CHECK(largest(over_rows(f, x.detach(), {}) - plain) < 1e-14);
    CHECK_THROWS_AS(over_rows([](const Tensor&) -> Tensor { throw std::domain_error("no"); }, x.detach(), {}),
                    std::domain_error);
  }
  at::set_num_threads(before);
}
