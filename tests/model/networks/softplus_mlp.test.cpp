#include "model/networks/softplus_mlp.hpp"

#include <doctest/doctest.h>

#include <mutex>
#include <set>
#include <thread>

#include "model/base/row_parallel.hpp"
#include "model/kernels/relu_mlp.hpp"

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

TEST_CASE("the gradient is that of the value, and its derivatives those of automatic differentiation") {
  for (const std::vector<std::int64_t>& hidden :
       {std::vector<std::int64_t>{9}, {8, 11}, {5, 6, 7}, {48, 33}}) {
    for (const at::ScalarType type : {at::kDouble, at::kFloat}) {
      SoftplusMlp mlp = network(hidden);
      mlp->to(type);
      const double tolerance = type == at::kDouble ? 1e-13 : 2e-5;
      Tensor x = random_rows(70, 3, type).requires_grad_();
      const Tensor c = random_rows(70, 3, type, 2), analytic = mlp->gradient(x);
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
    std::mutex mutex;
    std::set<std::thread::id> ran;
    over_rows(
        [&](const Tensor& rows) {
          const std::lock_guard lock(mutex);
          ran.insert(std::this_thread::get_id());
          return rows;
        },
        x.detach(), {});
    CHECK(static_cast<int>(ran.size()) == threads);
    CHECK_THROWS_AS(over_rows([](const Tensor&) -> Tensor { throw std::domain_error("no"); }, x.detach(), {}),
                    std::domain_error);
  }
  at::set_num_threads(before);
}

TEST_CASE("a ReLU network in one node: values and derivatives of LibTorch's layers") {
  Initializer initializer(3);
  torch::nn::Module owner;
  const auto layers = dense_chain(owner, 3, {40, 17}, 5, 1.0, initializer);
  for (const Dense& layer : layers) layer->bias.detach().uniform_(-0.3, 0.3);
  std::vector<Tensor> inputs = weights_of(layers);
  Tensor x = random_rows(131, 3, at::kFloat).requires_grad_();
  const Tensor c = random_rows(131, 5, at::kFloat, 2);
  inputs.push_back(x);
  const Tensor fused = relu_mlp(weights_of(layers), x), plain = through(layers, x, Activation::relu);
  CHECK(largest(fused - plain) < 1e-5);
  const auto a = torch::autograd::grad({(fused * c).sum()}, inputs),
             b = torch::autograd::grad({(plain * c).sum()}, inputs);
  for (std::size_t i = 0; i < inputs.size(); ++i)
    CHECK(largest(a[i] - b[i]) < 1e-4 * std::max(1.0, largest(b[i])));
  const Tensor precise = relu_mlp(weights_of(layers), x.to(at::kDouble));
  CHECK(precise.dtype() == at::kDouble);
  CHECK(largest(precise - plain) < 1e-5);
}
