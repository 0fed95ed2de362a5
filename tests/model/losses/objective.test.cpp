// The divergence against its closed form and against sampling, and GECO on a toy that it has to balance.
#include "model/losses/objective.hpp"

#include <doctest/doctest.h>
#include <torch/optim/adam.h>

#include <cmath>

#include "tests/model/small_dataset.hpp"

using namespace hamgen;
using namespace hamgen::model;

TEST_CASE("KL divergence: closed form in one dimension, zero for the prior, sum over dimensions") {
  const double mean = 0.7, sigma = 0.3;
  const double expected = 0.5 * (sigma * sigma + mean * mean - 1) - std::log(sigma);
  const Tensor one = kl_to_standard_normal(at::full({1, 1}, mean, at::kDouble),
                                           at::full({1, 1}, 2 * std::log(sigma), at::kDouble));
  CHECK(one.item<double>() == doctest::Approx(expected).epsilon(1e-12));
  const Tensor many = kl_to_standard_normal(at::full({2, 3, 4, 4}, mean, at::kDouble),
                                            at::full({2, 3, 4, 4}, 2 * std::log(sigma), at::kDouble));
  CHECK(many.sizes() == at::IntArrayRef{2});
  CHECK(many[1].item<double>() == doctest::Approx(48 * expected).epsilon(1e-12));
  CHECK(kl_to_standard_normal(at::zeros({2, 5}), at::zeros({2, 5})).abs().max().item<double>() == 0);
}

TEST_CASE("KL divergence: the mean log ratio of samples") {
  auto generator = make_generator(5);
  const double mean = -0.4, log_variance = 0.6;
  const Tensor x =
      mean + std::exp(0.5 * log_variance) * at::empty({400'000}, at::kDouble).normal_(0, 1, generator);
  const Tensor log_q = -0.5 * ((x - mean).square() / std::exp(log_variance) + log_variance);
  const double sampled = (log_q + 0.5 * x.square()).mean().item<double>();
  const Tensor exact =
      kl_to_standard_normal(at::full({1, 1}, mean, at::kDouble), at::full({1, 1}, log_variance, at::kDouble));
  CHECK(sampled == doctest::Approx(exact.item<double>()).epsilon(0.02));
}

TEST_CASE("Huber's error: squared at first, then linear beyond the threshold, smooth where they meet") {
  const auto huber = [](double end) {
    return Objective(tests::small_config({{"objective", {{"huber_end", end}}}}).settings);
  };
  const Tensor missed = at::linspace(-1, 1, 201, at::kDouble);
  const Objective plain(tests::small_config().settings);
  CHECK(at::equal(plain->pixel_error(missed, 1), missed.square()));
  CHECK(at::equal(huber(0.04)->pixel_error(missed, 0), missed.square()));
  for (const double progress : {0.5, 1.0}) {
    const double threshold = std::pow(0.04, progress);
    const Tensor x = missed.clone().requires_grad_();
    const Tensor error = huber(0.04)->pixel_error(x, progress);
    const Tensor expected = at::where(missed.abs() <= threshold, missed.square(),
                                      2 * threshold * missed.abs() - threshold * threshold);
    CHECK(at::allclose(error, expected, 1e-12, 1e-12));
    const Tensor slope = torch::autograd::grad({error.sum()}, {x})[0];
    CHECK(at::allclose(slope, 2 * missed.clamp(-threshold, threshold), 1e-9, 1e-12));
  }
}

TEST_CASE("with a low threshold the best guess of many draws is their median, not their mean") {
  const Tensor draws = at::tensor({0.0, 0.0, 0.0, 1.0, 1.0}, at::kDouble);  // median 0, mean 0.4
  const Objective objective(tests::small_config({{"objective", {{"huber_end", 0.01}}}}).settings);
  const auto best = [&](double progress) {
    const Tensor guesses = at::linspace(0, 1, 1001, at::kDouble).unsqueeze(1);
    return 1e-3 * objective->pixel_error(guesses - draws, progress).sum(1).argmin().item<double>();
  };
  CHECK(best(0) == doctest::Approx(0.4));
  CHECK(best(1) < 0.02);
}

namespace {

constexpr std::int64_t side = 24;

// A disc with a soft edge on a darker ground, its centre so far from the frame's: [3, side, side].
Tensor disc(double dx, double dy) {
  const Tensor place = at::arange(side, at::kDouble) - 0.5 * (side - 1);
  const Tensor away = at::hypot(place - dx, (place - dy).unsqueeze(1));
  return (0.2 + 0.6 * at::sigmoid(3 * (4 - away))).expand({3, side, side}).clone();
}

DataShape with_noise(double along_x, double along_y) {
  DataShape shape;
  shape.image_size = side;
  shape.noise.shift = {along_x, along_y};
  return shape;
}

Objective knowing(const DataShape& shape, double total_variation = 0) {
  return Objective(
      tests::small_config({{"objective", {{"noise", "known"}, {"total_variation", total_variation}}}})
          .settings,
      shape);
}

}  // namespace

TEST_CASE("known noise: what is expected of noisy frames is the mean of discs that are drawn with noise") {
  auto generator = make_generator(3);
  const Tensor clean = disc(0.4, -0.7);
  for (const auto& [along_x, along_y] : {std::pair{1.2, 1.2}, {0.0, 0.4}}) {
    constexpr int draws = 20'000;
    const Tensor noise = at::empty({draws, 2}, at::kDouble).normal_(0, 1, generator);
    const auto shift = noise.accessor<double, 2>();
    Tensor sum = at::zeros_like(clean);
    for (int i = 0; i < draws; ++i) sum += disc(0.4 + along_x * shift[i][0], -0.7 + along_y * shift[i][1]);
    const Tensor expected =
        knowing(with_noise(along_x, along_y))->expected(clean.to(at::kFloat).unsqueeze(0))[0];
    CHECK((expected - sum / draws).abs().max().item<double>() < 0.01);
    CHECK((clean - sum / draws).abs().max().item<double>() > 0.015);
  }
}

TEST_CASE("known noise that turns: what is expected is the mean of discs on an arc") {
  constexpr double pivot_x = 11, pivot_y = 12.5, arm = 6, deviation = 0.2;
  const auto at_angle = [&](double angle) {  // disc() counts from the frame's middle
    return disc(pivot_x + arm * std::sin(angle) - 0.5 * side, pivot_y + arm * std::cos(angle) - 0.5 * side);
  };
  DataShape shape;
  shape.image_size = side;
  shape.noise = {.turn = deviation, .pivot = {pivot_x, pivot_y}};
  const Objective objective = knowing(shape);
  for (const double angle : {-0.4, 0.9, 2.7}) {
    CAPTURE(angle);
    Tensor mean = at::zeros_like(at_angle(0));
    double weights = 0;
    for (double x = -4; x <= 4; x += 0.05) {
      const double weight = std::exp(-0.5 * x * x);
      mean += weight * at_angle(angle + x * deviation);
      weights += weight;
    }
    mean /= weights;
    const Tensor clean = at_angle(angle).to(at::kFloat).unsqueeze(0).requires_grad_();
    const Tensor expected = objective->expected(clean);
    CHECK((expected[0] - mean).abs().max().item<double>() < 0.01);
    CHECK((clean[0] - mean).abs().max().item<double>() > 0.1);
    expected.sum().backward();
    CHECK(clean.grad().sum().item<double>() ==
          doctest::Approx(static_cast<double>(clean.numel())).epsilon(1e-5));
  }
  const Tensor even = at::full({2, 3, side, side}, 0.3F);
  CHECK(at::allclose(objective->expected(even), even, 1e-5, 1e-6));
}

TEST_CASE("known noise: the blur is as wide as the noise, also below a pixel") {
  for (const double deviation : {0.1, 0.3, 0.5, 1.2, 2.5}) {
    Tensor point = at::zeros({1, 3, side, side});
    point.select(2, side / 2).select(2, side / 2).fill_(1);
    const Tensor along_x = knowing(with_noise(deviation, 0))->expected(point)[0][0][side / 2].to(at::kDouble);
    const Tensor away = at::arange(side, at::kDouble) - side / 2;
    CHECK(along_x.sum().item<double>() == doctest::Approx(1).epsilon(1e-5));
    // Of waves long enough not to see that pixels are discrete.
    const Tensor wave = (0.5 * away).cos();
    CHECK((along_x * wave).sum().item<double>() ==
          doctest::Approx(std::exp(-0.5 * 0.25 * deviation * deviation)).epsilon(0.01));
  }
}

TEST_CASE("known noise: none leaves frames as they are, and even frames stay even up to their edges") {
  const Tensor clean = disc(0, 0).to(at::kFloat).unsqueeze(0), even = at::full({1, 3, side, side}, 0.3F);
  CHECK(at::allclose(knowing(with_noise(0, 0))->expected(clean), clean, 1e-5, 1e-6));
  CHECK(at::allclose(knowing(with_noise(1.5, 0.5))->expected(even), even, 1e-6, 1e-6));
  const Objective unknown(tests::small_config().settings, with_noise(1, 1));
  CHECK(unknown->expected(clean).is_same(clean));
}

TEST_CASE("known noise and total variation: what is drawn comes back from its blurred picture") {
  const Tensor truth = disc(0.3, 0.2).to(at::kFloat).unsqueeze(0);
  const auto recovered = [&](double total_variation) {
    const Objective objective = knowing(with_noise(1.2, 1.2), total_variation);
    const Tensor seen = objective->expected(truth);
    Tensor logits = at::full_like(truth, -1).requires_grad_();
    torch::optim::Adam adam({logits}, torch::optim::AdamOptions(0.1));
    for (int step = 0; step < 600; ++step) {
      adam.zero_grad();
      const Tensor decoded = logits.sigmoid();
      Tensor loss = objective->pixel_error(objective->expected(decoded) - seen, 0).sum();
      if (const Tensor roughness = objective->roughness(decoded); roughness.defined())
        loss = loss + roughness;
      loss.backward();
      adam.step();
    }
    return logits.sigmoid().detach();
  };
  const double blurred =
      (knowing(with_noise(1.2, 1.2))->expected(truth) - truth).square().mean().item<double>();
  const double with = (recovered(3e-3) - truth).square().mean().item<double>(),
               without = (recovered(0) - truth).square().mean().item<double>();
  CHECK(with < 0.1 * blurred);
  CHECK(with < 0.5 * without);
}

TEST_CASE("total variation: contrast times circumference, nothing for even frames, a slope everywhere") {
  const Objective objective = knowing(with_noise(1, 1), 1);
  const double circumference = 2 * M_PI * 4, contrast = 0.6;
  CHECK(objective->roughness(disc(0, 0).unsqueeze(0)).item<double>() ==
        doctest::Approx(3 * contrast * circumference).epsilon(0.2));
  Tensor even = at::full({2, 3, side, side}, 0.3, at::kDouble).requires_grad_();
  const Tensor length = objective->roughness(even);
  CHECK(length.item<double>() == doctest::Approx(2 * 3 * 23 * 23 * 1e-3));
  CHECK(torch::autograd::grad({length}, {even})[0].abs().max().item<double>() == 0);
  CHECK_FALSE(knowing(with_noise(1, 1))->roughness(even).defined());
}

TEST_CASE("a multiplier before KL is one before the error, divided by it") {
  const Tensor mse = at::full({}, 0.3), kl = at::full({}, 0.02);
  const auto loss = [&](const char* before) {
    Objective objective(
        tests::small_config({{"objective", {{"kind", "geco"}, {"kappa", 0.5}, {"multiplier", before}}}})
            .settings);
    objective->multiplier.fill_(4);
    return objective->loss(mse, kl).item<double>();
  };
  CHECK(loss("error") == doctest::Approx(0.02 + 4 * (0.3 - 0.25)));
  CHECK(4 * loss("kl") == doctest::Approx(loss("error")));
}

TEST_CASE("GECO drives the constraint to zero on a toy") {
  // Minimise x^2 / 2 ("KL") subject to (x - 3)^2 = kappa^2 ("error"): the answer is x = 3 - kappa.
  const double kappa = 0.5;
  Objective objective(
      tests::small_config({{"objective", {{"kind", "geco"}, {"kappa", kappa}, {"geco_rate", 0.02}}}})
          .settings);
  Tensor x = at::zeros({}).requires_grad_();
  for (int step = 0; step < 6000; ++step) {
    const Tensor error = (x - 3).square();
    const Tensor gradient = torch::autograd::grad({objective->loss(error, 0.5 * x.square())}, {x})[0];
    const at::NoGradGuard no_grad;
    x -= 0.02 / (1 + objective->multiplier) * gradient;
    objective->update(error);
  }
  CHECK(x.item<double>() == doctest::Approx(3 - kappa).epsilon(0.02));
  CHECK(objective->average.item<double>() == doctest::Approx(0).epsilon(0.02));
  // Where the gradients balance: x = lambda 2 (3 - x).
  CHECK(objective->multiplier.item<double>() == doctest::Approx((3 - kappa) / (2 * kappa)).epsilon(0.05));
}

TEST_CASE("GECO's multiplier stays within its bounds and is saved with the model") {
  Objective objective(
      tests::small_config(
          {{"objective",
            {{"kind", "geco"}, {"kappa", 0.01}, {"geco_rate", 1.0}, {"geco_bounds", {0.1, 50}}}}})
          .settings);
  for (int step = 0; step < 100; ++step) objective->update(at::full({}, 1.0F));
  CHECK(objective->multiplier.item<float>() == 50.0F);
  for (int step = 0; step < 2000; ++step) objective->update(at::zeros({}));
  CHECK(objective->multiplier.item<float>() == 0.1F);
  CHECK(objective->named_buffers().size() == 2);
}

TEST_CASE("a fixed beta weighs the divergence, and a deterministic model has none") {
  Objective objective(tests::small_config({{"objective", {{"kind", "beta"}, {"beta", 0.5}}}}).settings);
  CHECK(objective->loss(at::full({}, 2.0F), at::full({}, 3.0F)).item<float>() == 3.5F);
  CHECK(objective->loss(at::full({}, 2.0F), {}).item<float>() == 2.0F);
}

TEST_CASE("beta grows geometrically from its beginning to its end") {
  Objective objective(
      tests::small_config({{"objective", {{"kind", "beta"}, {"beta", 0.01}, {"beta_end", 1}}}}).settings);
  const auto weight = [&](double progress) {
    return objective->loss(at::zeros({}), at::ones({}), progress).item<double>();
  };
  CHECK(weight(0) == doctest::Approx(0.01));
  CHECK(weight(0.5) == doctest::Approx(0.1));
  CHECK(weight(1) == doctest::Approx(1));
  CHECK_THROWS_AS(
      Objective(
          tests::small_config({{"objective", {{"kind", "beta"}, {"beta", 0}, {"beta_end", 1}}}}).settings),
      schemas::FieldError);
}

TEST_CASE("GECO tolerates a multiple of the dataset's noise floor, or what is asked for") {
  const auto tolerance = [](const apps::Json& changes, std::optional<double> floor) {
    apps::Json objective{{"kind", "geco"}};
    objective.update(changes);
    DataShape shape;
    shape.noise_floor = floor;
    return tolerance_of(tests::small_config({{"objective", objective}}).settings, shape);
  };
  CHECK(tolerance(apps::Json::object(), 33.7e-4) == doctest::Approx(1.1 * 33.7e-4));
  CHECK(tolerance({{"tolerance", 2}}, 2.35e-4) == doctest::Approx(4.7e-4));
  CHECK(tolerance({{"kappa", 0.1}}, 33.7e-4) == doctest::Approx(0.01));
  for (const std::optional<double> none : {std::optional<double>(), std::optional<double>(0)})
    CHECK(tolerance(apps::Json::object(), none) == doctest::Approx(0.0316 * 0.0316));
}

TEST_CASE("without a KL divergence the loss is the error: nothing stops training below the tolerance") {
  const auto objective =
      Objective(tests::small_config({{"objective", {{"kind", "geco"}, {"kappa", 0.5}}}}).settings);
  objective->multiplier.fill_(7);
  for (const double error : {1e-4, 0.2, 3.0}) {
    const Tensor mse = at::full({}, error).requires_grad_();
    const Tensor loss = objective->loss(mse, {});
    CHECK(loss.item<double>() == doctest::Approx(error));
    loss.backward();
    CHECK(mse.grad().item<double>() == 1);
  }
}

TEST_CASE("Huber's error goes with no multiplier, whose tolerance is of squared errors") {
  CHECK_THROWS_WITH_AS(
      Objective(tests::small_config({{"objective", {{"kind", "geco"}, {"huber_end", 0.1}}}}).settings),
      doctest::Contains("objective.huber_end is not allowed"), hamgen::schemas::FieldError);
}
