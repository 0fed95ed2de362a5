// Adam against the library's own, Muon, schedules, clipping, averages, and the flat buffers under them.
#include "model/training/optimizer.hpp"

#include <doctest/doctest.h>
#include <torch/optim/adamw.h>

#include <algorithm>
#include <cmath>

#include "model/networks/layers.hpp"
#include "tests/model/small_dataset.hpp"
#include "tests/temporary_directory.hpp"

using namespace hamgen;
using namespace hamgen::model;

namespace {

struct TwoLayers : torch::nn::Module {
  TwoLayers() {
    Initializer initializer(1);
    first = register_module("first", Dense(3, 4, 1, initializer));
    second = register_module("second", Dense(4, 2, 1, initializer));
  }
  Tensor forward(const Tensor& x) { return second->forward(first->forward(x).tanh()); }
  Dense first{nullptr}, second{nullptr};
};

apps::FitConfig config_of(const apps::Json& optimizer) {
  return tests::small_config({{"optimizer", optimizer}, {"train", {{"steps", 100}}}});
}

const apps::Json plain{{"learning_rate", 0.01},
                       {"schedule", "constant"},
                       {"warmup", 0},
                       {"clip_norm", nullptr},
                       {"average_decay", 0}};

apps::Json with(apps::Json changes) {
  apps::Json json = plain;
  apps::merge(json, changes);
  return json;
}

}  // namespace

TEST_CASE("steps equal those of LibTorch's AdamW") {
  TwoLayers ours, theirs;
  const Tensor x = at::rand({16, 3}), y = at::rand({16, 2});
  Optimizer optimizer(config_of(with({{"weight_decay", 0.1}})).settings, ours);
  std::vector<Tensor> weights, biases;
  for (const Tensor& parameter : theirs.parameters())
    (parameter.dim() > 1 ? weights : biases).push_back(parameter);
  torch::optim::AdamW decayed(weights, torch::optim::AdamWOptions(0.01).weight_decay(0.1));
  torch::optim::AdamW free(biases, torch::optim::AdamWOptions(0.01).weight_decay(0));
  for (int step = 0; step < 50; ++step) {
    optimizer.zero_gradients();
    at::mse_loss(ours.forward(x), y).backward();
    optimizer.step(step, optimizer.gradient_norm());
    theirs.zero_grad();
    at::mse_loss(theirs.forward(x), y).backward();
    decayed.step();
    free.step();
  }
  for (std::size_t i = 0; i < ours.parameters().size(); ++i)
    CHECK(at::allclose(ours.parameters()[i], theirs.parameters()[i], 1e-4, 1e-6));
}

TEST_CASE(
    "muon turns weight matrices by their gradient's directions, all of them alike, and leaves the rest to "
    "Adam") {
  struct Hidden : torch::nn::Module {
    Hidden() {
      Initializer initializer(1);
      input = register_module("input", Dense(3, 24, 1, initializer));
      hidden = register_module("hidden", Dense(24, 40, 1, initializer));
    }
    Dense input{nullptr}, hidden{nullptr};
  } with_muon, with_adam;
  Optimizer muon(config_of(with({{"kind", "muon"}})).settings, with_muon);
  Optimizer adam(config_of(plain).settings, with_adam);
  const Tensor before = with_muon.hidden->weight.detach().clone();
  for (auto* net : {&with_muon, &with_adam})
    (net->input->weight.sum() + (net->hidden->weight * at::arange(40 * 24).view({40, 24}).sin()).sum() +
     net->hidden->bias.square().sum() + net->hidden->bias.sum())
        .backward();
  muon.step(0, muon.gradient_norm());
  adam.step(0, adam.gradient_norm());
  CHECK(at::equal(with_muon.input->weight, with_adam.input->weight));
  CHECK(at::equal(with_muon.hidden->bias, with_adam.hidden->bias));
  CHECK(!at::allclose(with_muon.hidden->weight, with_adam.hidden->weight, 1e-3, 1e-4));
  // The gradient's entries sin(24 i + j) are a matrix of rank 2.
  const Tensor turned =
      at::linalg_svdvals(before - with_muon.hidden->weight.detach()) / (0.01 * 0.2 * std::sqrt(40));
  CHECK(turned[0].item<double>() == doctest::Approx(0.95).epsilon(0.3));
  CHECK(turned[1].item<double>() == doctest::Approx(0.95).epsilon(0.3));
  CHECK(turned[2].item<double>() < 0.01);
}

TEST_CASE("muon leaves output layers to Adam, however many rows they have") {
  struct Net : torch::nn::Module {
    Net() {
      Initializer initializer(1);
      hidden = register_module("hidden", Dense(24, 40, 1, initializer));
      output = register_module("output", Dense(40, 16, 1, initializer));
      output_too = register_module("output_too", Dense(40, 16, 1, initializer));  // another layer
    }
    Dense hidden{nullptr}, output{nullptr}, output_too{nullptr};
  } with_muon, with_adam;
  Optimizer muon(config_of(with({{"kind", "muon"}})).settings, with_muon, {"output"});
  Optimizer adam(config_of(plain).settings, with_adam);
  for (auto* net : {&with_muon, &with_adam})
    (net->hidden->weight.pow(3).sum() + net->output->weight.pow(3).sum() +
     net->output_too->weight.pow(3).sum())
        .backward();
  muon.step(0, muon.gradient_norm());
  adam.step(0, adam.gradient_norm());
  CHECK(at::equal(with_muon.output->weight, with_adam.output->weight));
  CHECK(!at::allclose(with_muon.hidden->weight, with_adam.hidden->weight, 1e-3, 1e-4));
  CHECK(!at::allclose(with_muon.output_too->weight, with_adam.output_too->weight, 1e-3, 1e-4));
}

TEST_CASE("a model's output layers are trained by one rule, whatever its channels: 4, 8 or 16 of z") {
  for (const std::int64_t channels : {4, 8, 16}) {
    CAPTURE(channels);
    const TemporaryDirectory directory;
    tests::SmallRun run(directory / "run",
                        {{"latent", {{"z_channels", channels}}}, {"optimizer", {{"kind", "muon"}}}});
    const auto layers = run.network->output_layers();
    FlatParameters parameters(*run.network);
    std::vector<std::int64_t> begins;
    for (const auto& matrix : parameters.matrices(16, layers)) begins.push_back(matrix.begin);
    std::int64_t begin = 0;
    for (const auto& [name, view] : parameters.split(parameters.values())) {
      const bool is_output =
          std::ranges::any_of(layers, [&](const std::string& layer) { return name == layer + ".weight"; });
      CAPTURE(name);
      if (is_output) CHECK(std::ranges::count(begins, begin) == 0);
      begin += view.numel();
    }
    CHECK(std::ranges::count_if(layers,
                                [](const std::string& layer) { return layer.starts_with("encoder."); }) == 1);
  }
}

TEST_CASE("the learning rate rises, falls as a cosine, and ends where it should") {
  TwoLayers net;
  const Optimizer optimizer(
      config_of(with({{"schedule", "cosine"}, {"warmup", 10}, {"final_fraction", 0.1}})).settings, net);
  CHECK(optimizer.learning_rate(0) == doctest::Approx(0.001).epsilon(0.01));
  CHECK(optimizer.learning_rate(50) == doctest::Approx(0.01 * 0.55));
  CHECK(optimizer.learning_rate(100) == doctest::Approx(0.001));
  CHECK(optimizer.learning_rate(1000) == doctest::Approx(0.001));
}

TEST_CASE("gradients are scaled down to the norm, never up") {
  TwoLayers a, b;
  Optimizer clipped(config_of(with({{"clip_norm", 1e-3}, {"epsilon", 1.0}})).settings, a);
  Optimizer free(config_of(with({{"clip_norm", 1e6}, {"epsilon", 1.0}})).settings, b);
  const Tensor x = at::rand({16, 3});
  for (auto* pair : {&a, &b}) pair->forward(x).sum().backward();
  const double norm = clipped.gradient_norm().item<double>();
  CHECK(norm > 1);
  clipped.step(0, clipped.gradient_norm());
  free.step(0, free.gradient_norm());
  CHECK(clipped.gradient_norm().item<double>() == doctest::Approx(1e-3).epsilon(1e-4));
  CHECK(free.gradient_norm().item<double>() == doctest::Approx(norm));
}

TEST_CASE("an average stands in for the parameters, and gives way again") {
  TwoLayers net;
  Optimizer optimizer(config_of(with({{"average_decay", 0.9}})).settings, net);
  const Tensor x = at::rand({16, 3});
  for (int step = 0; step < 20; ++step) {
    optimizer.zero_gradients();
    net.forward(x).sum().backward();
    optimizer.step(step, optimizer.gradient_norm());
  }
  const Tensor last = net.first->weight.detach().clone();
  {
    const AveragedParameters averaged(optimizer);
    CHECK(!at::equal(net.first->weight, last));
    CHECK(at::allclose(net.first->weight, last, 1, 0.2));
  }
  CHECK(at::equal(net.first->weight, last));
}

TEST_CASE("the parameter that is not finite is named") {
  TwoLayers net;
  Optimizer optimizer(config_of(plain).settings, net);
  CHECK(optimizer.not_finite_parameter().empty());
  CHECK(optimizer.not_finite_gradient().empty());
  at::NoGradGuard no_grad;
  net.second->bias.mutable_grad()[1] = std::nan("");
  CHECK(optimizer.not_finite_gradient() == "second.bias");
  net.first->weight[0][0] = INFINITY;
  CHECK(optimizer.not_finite_parameter() == "first.weight");
}
