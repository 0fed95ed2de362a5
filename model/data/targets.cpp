#include "model/data/targets.hpp"

#include <algorithm>
#include <boost/math/quadrature/gauss.hpp>
#include <cmath>
#include <numbers>
#include <utility>

#include "model/base/random.hpp"
#include "schemas/names.hpp"

namespace hamgen::model {
namespace {

using std::numbers::pi;

// Outside of +-6 standard deviations lies 2e-9 of a Gaussian.
constexpr double tail = 6;

const double log_root_two_pi = 0.5 * std::log(2 * pi);

void check_points(const Tensor& x, const Target& target) {
  TORCH_CHECK(x.dim() == 2 && x.size(1) == target.dimension(), "points [n, ", target.dimension(),
              "] expected, not ", x.sizes());
}

// log sum_k w_k N(x; c_k, sigma^2), in chunks of points that fit a cache.
Tensor log_mixture(const Tensor& x, const Tensor& centres, const Tensor& log_weights, double sigma) {
  const std::int64_t rows = std::max<std::int64_t>(1, (1 << 16) / centres.size(0));
  std::vector<Tensor> parts;
  for (const Tensor& part : x.to(at::kDouble).split(rows)) {
    Tensor exponent = log_weights;
    for (std::int64_t i = 0; i < centres.size(1); ++i)
      exponent =
          exponent - 0.5 / (sigma * sigma) * (part.select(1, i).unsqueeze(1) - centres.select(1, i)).square();
    parts.push_back(at::logsumexp(exponent, 1));
  }
  return at::cat(parts) - static_cast<double>(centres.size(1)) * (std::log(sigma) + log_root_two_pi);
}

// The 99 % quantile of the chi distribution, by Wilson and Hilferty (1931, doi:10.1073/pnas.17.12.684): it
// holds 98.9 % or more.
double chi_quantile(std::int64_t degrees) {
  const double n = static_cast<double>(degrees), z = 2.3263479;
  return std::sqrt(n * std::pow(1 - 2 / (9 * n) + z * std::sqrt(2 / (9 * n)), 3));
}

// Isotropic Gaussians of equal weights and widths.
class GaussianMixture final : public Target {
 public:
  GaussianMixture(Tensor centres, double sigma) : centres_(std::move(centres)), sigma_(sigma) {
    log_weights_ = mode_weights().log();
  }
  std::int64_t dimension() const override { return centres_.size(1); }
  Tensor sample(std::int64_t count, at::Generator& generator) const override {
    const Tensor mode = at::randint(0, centres_.size(0), {count}, generator, at::kLong);
    return centres_.index_select(0, mode) + sigma_ * at::randn({count, dimension()}, generator, at::kDouble);
  }
  Tensor log_density(const Tensor& x) const override {
    check_points(x, *this);
    return log_mixture(x, centres_, log_weights_, sigma_);
  }
  double extent() const override { return centres_.abs().max().item<double>() + tail * sigma_; }
  Entropy entropy() const override {
    if (centres_.size(0) > 1) return Target::entropy();
    return {static_cast<double>(dimension()) * (std::log(sigma_) + log_root_two_pi + 0.5)};
  }
  Tensor modes() const override { return centres_; }
  Tensor mode_weights() const override {
    return at::full({centres_.size(0)}, 1 / static_cast<double>(centres_.size(0)), at::kDouble);
  }
  double mode_radius() const override { return sigma_ * chi_quantile(dimension()); }

 private:
  Tensor centres_, log_weights_;
  double sigma_;
};

// A Gaussian, sheared and bent: x1 = m1 + s1 z1, x2 = m2 + a (x1 - m1) + b ((x1 - m1)^2 - s1^2) + s2 z2.
// The map z -> x has the determinant s1 s2, hence the entropy log(2 pi e s1 s2).
struct Bend {
  double m1, m2, s1, s2, a, b;
};
class BentGaussian final : public Target {
 public:
  explicit BentGaussian(const Bend& bend) : bend_(bend) {}
  std::int64_t dimension() const override { return 2; }
  Tensor sample(std::int64_t count, at::Generator& generator) const override {
    const Tensor z = at::randn({count, 2}, generator, at::kDouble);
    const Tensor x1 = bend_.m1 + bend_.s1 * z.select(1, 0);
    return at::stack({x1, ridge(x1) + bend_.s2 * z.select(1, 1)}, 1);
  }
  Tensor log_density(const Tensor& x) const override {
    check_points(x, *this);
    const Tensor x1 = x.select(1, 0).to(at::kDouble), x2 = x.select(1, 1).to(at::kDouble);
    const Tensor z1 = (x1 - bend_.m1) / bend_.s1, z2 = (x2 - ridge(x1)) / bend_.s2;
    return -0.5 * (z1.square() + z2.square()) - 2 * log_root_two_pi - std::log(bend_.s1 * bend_.s2);
  }
  double extent() const override {
    const auto& [m1, m2, s1, s2, a, b] = bend_;
    const double bent = std::abs(b) * s1 * s1 * (tail * tail - 1);
    return std::max(std::abs(m1) + tail * s1, std::abs(m2) + tail * std::hypot(a * s1, s2) + bent);
  }
  Entropy entropy() const override { return {2 * log_root_two_pi + 1 + std::log(bend_.s1 * bend_.s2)}; }
  Tensor modes() const override {
    return straight() ? at::tensor({bend_.m1, bend_.m2}, at::kDouble).unsqueeze(0) : Tensor();
  }
  Tensor mode_weights() const override { return straight() ? at::ones({1}, at::kDouble) : Tensor(); }
  double mode_radius() const override {
    return straight() ? std::max(bend_.s1, std::hypot(bend_.a * bend_.s1, bend_.s2)) * chi_quantile(2) : 0;
  }

 private:
  bool straight() const { return bend_.b == 0; }
  Tensor ridge(const Tensor& x1) const {
    const Tensor d = x1 - bend_.m1;
    return bend_.m2 + bend_.a * d + bend_.b * (d.square() - bend_.s1 * bend_.s1);
  }
  Bend bend_;
};

// Nodes and weights on [0, end] of the Gauss-Legendre rule (Abramowitz, Stegun 25.4.29), [count] each.
template <unsigned count>
std::pair<Tensor, Tensor> gauss_legendre(double end) {
  using Rule = boost::math::quadrature::gauss<double, count>;
  static_assert(count % 2 == 0, "an odd rule has a node in the middle, which is no pair");
  // The half of the rule on [-1, 1] that is above 0; the other half mirrors it.
  const Tensor x = at::tensor(std::vector(Rule::abscissa().begin(), Rule::abscissa().end()), at::kDouble),
               w = at::tensor(std::vector(Rule::weights().begin(), Rule::weights().end()), at::kDouble);
  return {end / 2 * (1 + at::cat({x.flip(0), -x})), end / 2 * at::cat({w.flip(0), w})};
}

// A curve and its negative, blurred: +-c(t) + sigma N(0, 1), where t in [0, end] has the distribution
// function (t / end)^power. The density is an integral over t; with so many nodes it is a mixture.
struct Curve {
  Tensor (*c)(const Tensor& t);
  double end, power, sigma, half_side;            // half_side: of the square that holds the curve
  std::pair<Tensor, Tensor> (*rule)(double end);  // twice as many nodes change no log-density within the
                                                  // extent by 1e-10
};
class TwinCurves final : public Target {
 public:
  explicit TwinCurves(const Curve& curve) : curve_(curve) {
    const auto [t, weights] = curve.rule(curve.end);
    const Tensor density = curve.power / curve.end * (t / curve.end).pow(curve.power - 1);
    const Tensor log_weights = (0.5 * density * weights).log();
    centres_ = at::cat({curve.c(t), -curve.c(t)});
    log_weights_ = at::cat({log_weights, log_weights});
  }
  std::int64_t dimension() const override { return 2; }
  Tensor sample(std::int64_t count, at::Generator& generator) const override {
    const Tensor t = curve_.end * at::rand({count}, generator, at::kDouble).pow(1 / curve_.power);
    const Tensor sign = 2 * at::randint(0, 2, {count, 1}, generator, at::kDouble) - 1;
    return sign * curve_.c(t) + curve_.sigma * at::randn({count, 2}, generator, at::kDouble);
  }
  Tensor log_density(const Tensor& x) const override {
    check_points(x, *this);
    return log_mixture(x, centres_, log_weights_, curve_.sigma);
  }
  double extent() const override { return curve_.half_side + tail * curve_.sigma; }

 private:
  Curve curve_;
  Tensor centres_, log_weights_;
};

Tensor moon(const Tensor& t) {
  return 2 * at::stack({t.cos() - 0.5, t.sin() - 0.25}, 1);
}

Tensor spiral_arm(const Tensor& t) {
  return at::stack({-t * t.cos(), t * t.sin()}, 1) / 3;
}

// Squares of side 2 whose column and row, counted from the lower left corner, are both even or both odd.
class Checkerboard final : public Target {
 public:
  std::int64_t dimension() const override { return 2; }
  Tensor sample(std::int64_t count, at::Generator& generator) const override {
    const Tensor column = at::randint(0, 4, {count}, generator, at::kDouble);
    const Tensor row = 2 * at::randint(0, 2, {count}, generator, at::kDouble) + column.remainder(2);
    return 2 * (at::stack({column, row}, 1) + at::rand({count, 2}, generator, at::kDouble)) - 4;
  }
  Tensor log_density(const Tensor& x) const override {
    check_points(x, *this);
    const Tensor square = ((x.to(at::kDouble) + 4) / 2).floor();
    const Tensor dark = ((square >= 0) & (square < 4)).all(1) & (square.sum(1).remainder(2) == 0);
    return at::full({x.size(0)}, -INFINITY, at::kDouble).masked_fill(dark, -std::log(32.0));
  }
  double extent() const override { return 4; }
  Entropy entropy() const override { return {std::log(32.0)}; }
};

Tensor ring_centres() {
  const Tensor angle = at::arange(8, at::kDouble) * (pi / 4);
  return 4 / std::numbers::sqrt2 * at::stack({angle.cos(), angle.sin()}, 1);
}

// Each the first of many candidates that keeps the distance from those before it, else the farthest.
Tensor random_centres(const TargetOptions& options) {
  constexpr std::int64_t tries = 1000;
  constexpr double distance = 2;
  auto generator = make_generator(mix(options.seed ^ mix(0x63656e74726573)));  // "centres"
  Tensor centres = at::empty({0, options.dimension}, at::kDouble);
  for (std::int64_t k = 0; k < options.modes; ++k) {
    const Tensor candidates = 6 * at::rand({tries, options.dimension}, generator, at::kDouble) - 3;
    const auto best =
        k == 0
            ? 0
            : at::cdist(candidates, centres, 2, 2).amin(1).clamp_max(distance).argmax().item<std::int64_t>();
    centres = at::cat({centres, candidates.narrow(0, best, 1)});
  }
  return centres;
}

template <class T, class... Arguments>
std::unique_ptr<Target> make(Arguments&&... arguments) {
  return std::make_unique<T>(std::forward<Arguments>(arguments)...);
}

}  // namespace

Tensor square_grid(double half_side, std::int64_t cells) {
  const Tensor axis = half_side * ((2 * at::arange(cells, at::kDouble) + 1) / static_cast<double>(cells) - 1);
  const auto grid = at::meshgrid({axis, axis}, "ij");
  return at::stack({grid[1].flatten(), grid[0].flatten()}, 1);
}

// The midpoint rule converges faster than any power of the step on smooth functions that vanish at the
// border: -p log p does on a square a third larger than the extent.
Entropy Target::entropy() const {
  const at::NoGradGuard no_grad;
  if (dimension() == 2) {
    constexpr std::int64_t cells = 512;
    const double half_side = 4.0 / 3 * extent(), step = 2 * half_side / cells;
    const Tensor log_p = log_density(square_grid(half_side, cells));
    return {-step * step * (log_p.exp() * log_p).sum().item<double>()};
  }
  constexpr std::int64_t count = 200'000;
  auto generator = make_generator(mix(0x656e74726f7079));  // "entropy"
  const Tensor log_p = log_density(sample(count, generator));
  return {-log_p.mean().item<double>(), log_p.std().item<double>() / std::sqrt(static_cast<double>(count))};
}

const std::vector<TargetDescriptor>& targets() {
  using Options = const TargetOptions&;
  static const std::vector<TargetDescriptor> all{
      {"gaussian", "one correlated Gaussian",
       [](Options) {
         return make<BentGaussian>(Bend{0.5, -0.3, 1, 0.48, 0.36, 0});
       }},
      {"two_modes", "two Gaussians side by side",
       [](Options) {
         return make<GaussianMixture>(at::tensor({-2., 0., 2., 0.}, at::kDouble).view({2, 2}), 0.5);
       }},
      {"four_modes", "four Gaussians at the corners of a square",
       [](Options) { return make<GaussianMixture>(square_grid(4, 2), 0.5); }},
      {"ring", "eight Gaussians on a circle (FFJORD's 8gaussians)",
       [](Options) { return make<GaussianMixture>(ring_centres(), 0.5 / std::numbers::sqrt2); }},
      {"grid", "25 narrow Gaussians on a square lattice",
       [](Options) { return make<GaussianMixture>(square_grid(5, 5), 0.2); }},
      {"moons", "two half circles that interlock",
       [](Options) {
         return make<TwinCurves>(Curve{moon, pi, 1, 0.2, 3, gauss_legendre<96>});
       }},
      {"checkerboard", "uniform on the dark squares of a board: sharp edges",
       [](Options) { return make<Checkerboard>(); }},
      {"spiral", "two arms of one and a half turns (as FFJORD's 2spirals)",
       [](Options) {
         return make<TwinCurves>(Curve{spiral_arm, 3 * pi, 2, 0.15, pi, gauss_legendre<400>});
       }},
      {"banana", "a Gaussian bent along a parabola",
       [](Options) {
         return make<BentGaussian>(Bend{0, 0, 1.5, 0.4, 0, 0.5});
       }},
      {"mixture", "Gaussians at random places, of any number and in any dimension",
       [](Options options) { return make<GaussianMixture>(random_centres(options), 0.5); }},
  };
  return all;
}

std::unique_ptr<Target> make_target(const std::string& name, const TargetOptions& options) {
  const TargetDescriptor& target = schemas::find_named(targets(), "target", name, &TargetDescriptor::name);
  for (const auto& [option, value] :
       {std::pair{"dimension", options.dimension}, std::pair{"modes", options.modes}})
    if (value < 1)
      throw schemas::FieldError("the target's " + std::string(option) + " = " + std::to_string(value) +
                                " is not allowed: expected an integer >= 1");
  return target.make(options);
}

}  // namespace hamgen::model
