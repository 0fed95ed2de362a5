// Every target: samples, densities, entropies, extents and modes agree with each other and with closed forms.
#include "model/data/targets.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <tuple>

#include "schemas/field.hpp"

using namespace hamgen;
using namespace hamgen::model;

namespace {

using std::numbers::pi;

// Sum of f over squares of the side `step`.
double integral(const Tensor& f, double step) {
  return step * step * f.sum().item<double>();
}

// Per point, the distance to the nearest centre and which it is.
std::tuple<Tensor, Tensor> nearest(const Tensor& x, const Tensor& centres) {
  return at::cdist(x, centres, 2, 2).min(1);
}

// How often points lie in each of cells x cells squares that tile [-half_side, half_side]^2, x1 fastest.
Tensor histogram(const Tensor& x, double half_side, std::int64_t cells) {
  const Tensor cell =
      ((x / half_side + 1) * (0.5 * static_cast<double>(cells))).floor().to(at::kLong).contiguous();
  const Tensor inside = ((cell >= 0) & (cell < cells)).all(1);
  const Tensor index = (cell.select(1, 1) * cells + cell.select(1, 0)).masked_select(inside);
  return at::bincount(index, {}, cells * cells).to(at::kDouble);
}

// log of +-c(t) blurred, the integral over t by Gauss's rule of three points in many panels.
template <class Curve, class Density>
double log_blurred(double x1, double x2, double end, double sigma, Curve c, Density density) {
  constexpr int panels = 20'000;
  double sum = 0;
  for (int i = 0; i < panels; ++i)
    for (const auto& [node, weight] :
         {std::pair{-std::sqrt(0.6), 5.0}, std::pair{0.0, 8.0}, std::pair{std::sqrt(0.6), 5.0}}) {
      const double t = end / panels * (i + (1 + node) / 2);
      const auto [c1, c2] = c(t);
      for (const double sign : {1.0, -1.0}) {
        const double square = std::pow(x1 - sign * c1, 2) + std::pow(x2 - sign * c2, 2);
        sum += weight / 18 * density(t) * std::exp(-square / (2 * sigma * sigma));
      }
    }
  return std::log(sum * end / panels / 2 / (2 * pi * sigma * sigma));
}

template <class Curve, class Density>
void check_blurred(const std::string& name, double end, double sigma, Curve c, Density density) {
  const auto target = make_target(name);
  const Tensor x = square_grid(target->extent(), 12);
  const Tensor log_p = target->log_density(x);
  double worst = 0;
  for (std::int64_t i = 0; i < x.size(0); ++i) {
    const double expected =
        log_blurred(x[i][0].item<double>(), x[i][1].item<double>(), end, sigma, c, density);
    const double error = std::abs(log_p[i].item<double>() - expected);
    if (!(error <= worst)) worst = error;  // NaN, too
  }
  CHECK(worst < 1e-10);
}

void check_gaussians(const std::string& name, double sigma,
                     const std::vector<std::pair<double, double>>& centres) {
  CAPTURE(name);
  const auto target = make_target(name);
  const Tensor x = square_grid(5, 11);
  Tensor p = at::zeros({x.size(0)}, at::kDouble);
  for (const auto& [c1, c2] : centres) {
    const Tensor square = (x.select(1, 0) - c1).square() + (x.select(1, 1) - c2).square();
    p += (-square / (2 * sigma * sigma)).exp() / (2 * pi * sigma * sigma) /
         static_cast<double>(centres.size());
  }
  CHECK(at::allclose(target->log_density(x).exp(), p, 1e-10, 1e-300));
}

}  // namespace

TEST_CASE("targets: each density integrates to one over its extent") {
  for (const auto& descriptor : targets()) {
    CAPTURE(descriptor.name);
    const auto target = make_target(descriptor.name);
    REQUIRE(target->dimension() == 2);
    const double side = 2 * target->extent();
    const Tensor p = target->log_density(square_grid(side / 2, 320)).exp();
    CHECK(integral(p, side / 320) == doctest::Approx(1).epsilon(5e-9));  // 1e-8
  }
}

TEST_CASE("targets: entropies are the integral of -p log p, and the mean of -log p over samples") {
  for (const auto& descriptor : targets()) {
    CAPTURE(descriptor.name);
    const auto target = make_target(descriptor.name);
    const Entropy entropy = target->entropy();
    CHECK(entropy.standard_error == 0);
    const bool sharp = descriptor.name == "checkerboard";
    const double side = (sharp ? 2 : 3) * target->extent();
    const Tensor log_p = target->log_density(square_grid(side / 2, 400));
    CHECK(integral(-log_p.exp() * log_p.clamp_min(-1e9), side / 400) ==
          doctest::Approx(entropy.value).epsilon(1e-9));

    auto generator = make_generator(1);
    const Tensor sampled = -target->log_density(target->sample(100'000, generator));
    CHECK(at::isfinite(sampled).all().item<bool>());
    const double error = sampled.std().item<double>() / std::sqrt(1e5);
    CHECK(std::abs(sampled.mean().item<double>() - entropy.value) < 5 * error + 1e-12);
  }
}

TEST_CASE("targets: a histogram of samples follows the density") {
  constexpr std::int64_t count = 200'000, bins = 16, per_bin = 24, cells = bins * per_bin;
  for (const auto& descriptor : targets()) {
    CAPTURE(descriptor.name);
    const auto target = make_target(descriptor.name);
    const double half_side = std::min(target->extent(), 6.0), step = 2 * half_side / cells;
    const Tensor p = target->log_density(square_grid(half_side, cells)).exp();
    const Tensor expected =
        count * step * step * p.view({bins, per_bin, bins, per_bin}).sum(at::IntArrayRef{1, 3}).flatten();
    auto generator = make_generator(2);
    const Tensor observed = histogram(target->sample(count, generator), half_side, bins);

    const Tensor large = expected >= 10;
    const double degrees = large.sum().item<double>();
    const double chi_square =
        ((observed - expected).square() / expected).masked_select(large).sum().item<double>();
    CHECK(degrees >= 10);
    CHECK(std::abs(chi_square - degrees) < 5 * std::sqrt(2 * degrees));
    // All that is in no large bin, inside the square and outside of it.
    const double rest = count - observed.masked_select(large).sum().item<double>();
    const double rest_expected = count - expected.masked_select(large).sum().item<double>();
    CHECK(std::abs(rest - rest_expected) < 5 * std::sqrt(std::abs(rest_expected)) + 0.5);
  }
}

TEST_CASE("targets: modes are maxima of the density and hold the samples in equal shares") {
  const std::map<std::string, std::int64_t> counts{{"gaussian", 1}, {"two_modes", 2}, {"four_modes", 4},
                                                   {"ring", 8},     {"grid", 25},     {"mixture", 5}};
  for (const auto& descriptor : targets()) {
    CAPTURE(descriptor.name);
    const auto target = make_target(descriptor.name);
    const Tensor centres = target->modes();
    CHECK(centres.defined() == counts.contains(descriptor.name));
    CHECK(target->mode_weights().defined() == centres.defined());
    CHECK((target->mode_radius() > 0) == centres.defined());
    if (!centres.defined()) continue;
    CHECK(centres.size(0) == counts.at(descriptor.name));
    CHECK(target->mode_weights().sum().item<double>() == doctest::Approx(1));

    const Tensor at_centres = target->log_density(centres);
    for (int direction = 0; direction < 8; ++direction) {
      const double angle = pi / 4 * direction, r = target->mode_radius() / 2;
      const Tensor shift = at::tensor({r * std::cos(angle), r * std::sin(angle)}, at::kDouble);
      CHECK((target->log_density(centres + shift) < at_centres).all().item<bool>());
    }
    constexpr std::int64_t count = 100'000;
    auto generator = make_generator(3);
    const auto [distance, mode] = nearest(target->sample(count, generator), centres);
    CHECK((distance < target->mode_radius()).to(at::kDouble).mean().item<double>() > 0.98);
    const Tensor share = at::bincount(mode, {}, centres.size(0)) / static_cast<double>(count);
    // The regular ones have equal shares; random modes overlap.
    const double tolerance =
        descriptor.name == "mixture" ? 0.03 : 5 / std::sqrt(static_cast<double>(count * centres.size(0)));
    CHECK((share - target->mode_weights()).abs().max().item<double>() < tolerance);
  }
}

TEST_CASE("targets: Gaussian and banana in closed form") {
  const Tensor x = square_grid(5, 9);
  const Tensor x1 = x.select(1, 0), x2 = x.select(1, 1);
  const Tensor u = x1 - 0.5, v = (x2 + 0.3) / 0.6;
  const double rest = 1 - 0.6 * 0.6;
  const Tensor gaussian =
      -(u * u - 1.2 * u * v + v * v) / (2 * rest) - std::log(2 * pi * 0.6 * std::sqrt(rest));
  CHECK(at::allclose(make_target("gaussian")->log_density(x), gaussian, 0, 1e-12));
  CHECK(make_target("gaussian")->entropy().value ==
        doctest::Approx(std::log(2 * pi * std::numbers::e * 0.6 * std::sqrt(rest))).epsilon(1e-14));

  const Tensor z2 = (x2 - 0.5 * x1.square() + 1.125) / 0.4;
  const Tensor banana = -0.5 * ((x1 / 1.5).square() + z2.square()) - std::log(2 * pi * 1.5 * 0.4);
  CHECK(at::allclose(make_target("banana")->log_density(x), banana, 1e-14, 1e-12));
  auto generator = make_generator(4);
  const Tensor mean = make_target("banana")->sample(100'000, generator).mean(0);
  CHECK(mean.abs().max().item<double>() < 0.03);
}

TEST_CASE("targets: the regular mixtures are sums of their Gaussians") {
  check_gaussians("two_modes", 0.5, {{-2, 0}, {2, 0}});
  check_gaussians("four_modes", 0.5, {{-2, -2}, {-2, 2}, {2, -2}, {2, 2}});
  const double a = 4 / std::sqrt(2), b = 2;
  check_gaussians("ring", 0.5 / std::sqrt(2),
                  {{a, 0}, {b, b}, {0, a}, {-b, b}, {-a, 0}, {-b, -b}, {0, -a}, {b, -b}});
  std::vector<std::pair<double, double>> lattice;
  for (int i = -4; i <= 4; i += 2)
    for (int j = -4; j <= 4; j += 2) lattice.emplace_back(i, j);
  check_gaussians("grid", 0.2, lattice);
}

TEST_CASE("targets: moons and spiral are integrals along their curves") {
  check_blurred(
      "moons", pi, 0.2,
      [](double t) {
        return std::pair{2 * (std::cos(t) - 0.5), 2 * (std::sin(t) - 0.25)};
      },
      [](double) { return 1 / pi; });
  check_blurred(
      "spiral", 3 * pi, 0.15,
      [](double t) {
        return std::pair{-t * std::cos(t) / 3, t * std::sin(t) / 3};
      },
      [](double t) { return 2 * t / (9 * pi * pi); });
}

TEST_CASE("targets: the checkerboard has eight dark squares and nothing else") {
  const auto target = make_target("checkerboard");
  const Tensor log_p = target->log_density(square_grid(6, 6));  // six squares a side: a margin of one
  const Tensor dark = log_p == -std::log(32.0);
  CHECK(dark.sum().item<std::int64_t>() == 8);
  CHECK((log_p == -INFINITY).sum().item<std::int64_t>() == 28);
  CHECK(dark[7].item<bool>());  // the lower left one, and none beside it
  CHECK(!dark[8].item<bool>());
  CHECK(!dark[13].item<bool>());
  CHECK(target->entropy().value == std::log(32.0));
}

TEST_CASE("targets: independent coordinates add their entropies") {
  const double one_mode = 0.5 * std::log(2 * pi * std::numbers::e * 0.25);
  const double two_modes = make_target("two_modes")->entropy().value - one_mode;
  CHECK(make_target("four_modes")->entropy().value == doctest::Approx(2 * two_modes).epsilon(1e-9));
}

TEST_CASE(
    "targets: a mixture of separate modes in many dimensions has the entropy log K more than one mode") {
  const double log_volume = 0.5 * std::log(2 * pi * std::numbers::e * 0.25);
  CHECK(make_target("mixture", {7, 1, 0})->entropy().value == doctest::Approx(7 * log_volume).epsilon(1e-12));
  const auto target = make_target("mixture", {32, 6, 9});
  const Entropy entropy = target->entropy();
  CHECK(entropy.standard_error > 0);
  CHECK(entropy.standard_error < 0.02);
  CHECK(std::abs(entropy.value - (std::log(6) + 32 * log_volume)) < 5 * entropy.standard_error);
  CHECK(target->entropy().value == entropy.value);

  auto generator = make_generator(5);
  const Tensor x = target->sample(20'000, generator);
  CHECK(x.sizes() == at::IntArrayRef{20'000, 32});
  const Tensor distance = std::get<0>(nearest(x, target->modes()));
  const double inside = (distance < target->mode_radius()).to(at::kDouble).mean().item<double>();
  CHECK(inside > 0.98);
  CHECK(inside < 0.995);
  CHECK(target->log_density(x).sizes() == at::IntArrayRef{20'000});
}

TEST_CASE("targets: a mixture's centres lie in their cube, apart, and depend on the seed alone") {
  for (const std::uint64_t seed : {0, 1, 2}) {
    for (const std::int64_t dimension : {1, 2, 3, 10}) {
      const std::int64_t modes = dimension == 1 ? 2 : 4;
      const Tensor centres = make_target("mixture", {dimension, modes, seed})->modes();
      CHECK(centres.sizes() == at::IntArrayRef{modes, dimension});
      CHECK(centres.abs().max().item<double>() <= 3);
      CHECK(at::pdist(centres).min().item<double>() >= 2);
      CHECK(at::equal(centres, make_target("mixture", {dimension, modes, seed})->modes()));
      CHECK(!at::equal(centres, make_target("mixture", {dimension, modes, seed + 10})->modes()));
      const Tensor more = make_target("mixture", {dimension, modes + 2, seed})->modes();
      CHECK(at::equal(centres, more.narrow(0, 0, modes)));
    }
  }
  // More than fit are made all the same.
  CHECK(make_target("mixture", {1, 12, 0})->modes().size(0) == 12);
}

TEST_CASE("targets: equal seeds draw equal samples, and the density does not depend on the batch") {
  for (const auto& descriptor : targets()) {
    CAPTURE(descriptor.name);
    const auto target = make_target(descriptor.name);
    auto one = make_generator(6), other = make_generator(6);
    const Tensor x = target->sample(5000, one);
    CHECK(x.sizes() == at::IntArrayRef{5000, 2});
    CHECK((x.scalar_type() == at::kDouble));
    CHECK(at::equal(x, target->sample(5000, other)));
    CHECK(!at::equal(x, target->sample(5000, one)));
    const Tensor log_p = target->log_density(x);
    CHECK((log_p.scalar_type() == at::kDouble));
    CHECK(at::allclose(log_p.slice(0, 777, 790), target->log_density(x.slice(0, 777, 790)), 0, 1e-12));
    CHECK(target->log_density(x.narrow(0, 0, 0)).sizes() == at::IntArrayRef{0});
    CHECK_THROWS(target->log_density(at::zeros({4, 3}, at::kDouble)));
  }
}

TEST_CASE("targets: an unknown name is refused with all names, and so is a mixture of nothing") {
  std::string message;
  try {
    make_target("donut");
  } catch (const schemas::FieldError& error) {
    message = error.what();
  }
  CHECK(message.find("donut") != std::string::npos);
  CHECK(targets().size() == 10);
  for (const auto& descriptor : targets()) {
    CHECK(message.find(descriptor.name) != std::string::npos);
    CHECK(!descriptor.summary.empty());
  }
  CHECK_THROWS_AS(make_target("mixture", {0, 1, 0}), schemas::FieldError);
  CHECK_THROWS_AS(make_target("mixture", {2, 0, 0}), schemas::FieldError);
}
