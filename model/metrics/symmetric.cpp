#include "model/metrics/symmetric.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "model/metrics/symplectic_form.hpp"

namespace hamgen::model {
namespace {

constexpr double explained_variance = 0.999;
constexpr std::int64_t most_pairs = 6, highest_order = 5, most_monomials = 500;
constexpr double r2_threshold = 0.9, deviation_threshold = 0.05, error_threshold = 0.16;

// Variances below this share of the mean square are rounding errors of single precision.
constexpr double rounding = 1e-12;
// Directions at rest hold less than this share of the true positions' variance.
constexpr double at_rest = 1e-8;

// Products of variables, ordered by degree: 1, x_0, x_1, ..., x_0 x_0, x_0 x_1, ...
class Monomials {
 public:
  explicit Monomials(std::int64_t variables) {
    for (std::int64_t size = 1 + variables; order_ < highest_order; ++order_) {
      size = size * (variables + order_ + 1) / (order_ + 1);
      if (size > most_monomials) break;
    }
    for (std::int64_t degree = 1, begin = 0; degree <= order_; ++degree) {
      const auto end = static_cast<std::int64_t>(factors_.size());
      for (std::int64_t parent = begin; parent < end; ++parent)
        for (std::int64_t v = factors_[parent].variable; v < variables; ++v) factors_.push_back({parent, v});
      begin = end;
    }
  }
  std::int64_t order() const { return order_; }

  Tensor values(const Tensor& x) const {  // [variables, n] -> [M, n]
    Tensor values = at::ones({size(), x.size(1)}, x.options());
    for (std::int64_t m = 1; m < size(); ++m) {
      Tensor value = values[m];
      at::mul_out(value, values[factors_[m].parent], x[factors_[m].variable]);
    }
    return values;
  }
  // Of the values at `x`, with respect to one variable: [M, n].
  Tensor derivatives(const Tensor& x, const Tensor& values, std::int64_t variable) const {
    Tensor derivatives = at::zeros_like(values);
    for (std::int64_t m = 1; m < size(); ++m) {
      const auto [parent, factor] = factors_[m];
      Tensor derivative = derivatives[m];
      at::mul_out(derivative, derivatives[parent], x[factor]);
      if (factor == variable) derivative += values[parent];
    }
    return derivatives;
  }

 private:
  struct Factor {
    std::int64_t parent, variable;  // this monomial is that one times that variable, the last of its own
  };
  std::int64_t size() const { return static_cast<std::int64_t>(factors_.size()); }
  std::int64_t order_ = 1;
  std::vector<Factor> factors_{{0, 0}};
};

// X^T X / n of X [n, M].
Tensor gram_of(const Tensor& x) {
  return x.t().mm(x) / x.size(0);
}

// Moves rows to mean 0 and variance 1. Rows that do not vary become 0.
struct Standardization {
  explicit Standardization(const Tensor& rows) : mean(rows.mean(1, true)) {
    const Tensor variance = (rows - mean).square().mean(1, true);
    varies = variance > rounding * rows.square().mean(1, true);
    inverse = at::where(varies, variance.rsqrt(), at::zeros_like(variance));
  }
  Tensor operator()(const Tensor& rows) const { return (rows - mean) * inverse; }
  Tensor mean, inverse, varies;  // [rows, 1]
};

// Solutions of min_b b.G b / 2 - c.b + lambda |b|_1 by cyclic coordinate descent, for falling lambda, each
// from the one before (Friedman, Hastie, Tibshirani 2010, doi:10.18637/jss.v033.i01). G has a unit diagonal.
class LassoPath {
 public:
  static constexpr int steps = 21;  // down to 1e-5 of the lambda that leaves nothing

  LassoPath(const Tensor& gram, const Tensor& correlations)
      : gram_(gram.contiguous()),
        solution_(at::zeros_like(correlations)),
        residual_(correlations.clone()),
        lambda_(correlations.abs().max().item<double>()) {}

  const Tensor& next() {
    lambda_ *= std::pow(10, -0.25);
    for (int sweep = 0; sweep < most_sweeps && descend() > tolerance; ++sweep) continue;
    return solution_;
  }

 private:
  static constexpr int most_sweeps = 100;
  static constexpr double tolerance = 1e-7;

  double descend() {  // the largest change
    const auto size = solution_.size(0);
    double* b = solution_.data_ptr<double>();
    double* residual = residual_.data_ptr<double>();  // c - G b
    double largest = 0;
    for (std::int64_t j = 0; j < size; ++j) {
      const double free = residual[j] + b[j];
      const double value = std::copysign(std::max(0.0, std::abs(free) - lambda_), free);
      const double change = value - b[j];
      if (change == 0) continue;
      const double* row = gram_.data_ptr<double>() + j * size;
      for (std::int64_t i = 0; i < size; ++i) residual[i] -= change * row[i];
      b[j] = value;
      largest = std::max(largest, std::abs(change));
    }
    return largest;
  }

  Tensor gram_, solution_, residual_;
  double lambda_;
};

// Standardised least squares of each target on all features, as far as a Lasso needs it.
struct Regression {
  Regression(const Tensor& features, const Tensor& targets) : x(features), y(targets) {
    const Tensor standard = x(features);
    gram = gram_of(standard.t());
    correlations = y(targets).matmul(standard.t()) / features.size(1);
  }
  LassoPath path(std::int64_t target) const { return {gram, correlations[target]}; }

  Standardization x, y;
  Tensor gram, correlations;  // [M, M], [targets, M]
};

// The number of steps down the path that predicts best what the path has not seen.
int best_step(LassoPath path, const Tensor& x, const Tensor& y) {
  constexpr int patience = 4;
  double least = std::numeric_limits<double>::infinity();
  int best = 1;
  for (int step = 1; step <= LassoPath::steps && step <= best + patience; ++step) {
    const double error = (x.matmul(path.next()) - y).square().mean().item<double>();
    if (error < least) {
      least = error;
      best = step;
    }
  }
  return best;
}

struct Polynomials {
  Tensor weights, offsets;  // [targets, M], [targets, 1]
  Tensor operator()(const Tensor& features) const { return weights.matmul(features) + offsets; }
};

// Of features [M, n] and targets [targets, n], of which the last `validation` points choose the penalty.
Polynomials fit_lasso(const Tensor& features, const Tensor& targets, std::int64_t validation) {
  const std::int64_t begin = features.size(1) - validation;
  const Regression part(features.narrow(1, 0, begin), targets.narrow(1, 0, begin));
  const Tensor x = part.x(features.narrow(1, begin, validation)).t().contiguous();
  const Tensor y = part.y(targets.narrow(1, begin, validation));
  const Regression whole(features, targets);
  Tensor solutions = at::zeros_like(whole.correlations);
  for (std::int64_t target = 0; target < targets.size(0); ++target) {
    const int steps = best_step(part.path(target), x, y[target]);
    LassoPath path = whole.path(target);
    for (int step = 0; step < steps; ++step) solutions[target].copy_(path.next());
  }
  const Tensor deviations = at::where(whole.y.varies, 1 / whole.y.inverse, whole.y.inverse);
  const Tensor weights = deviations * solutions * whole.x.inverse.t();
  return {weights, whole.y.mean - weights.matmul(whole.x.mean)};
}

// Centred, and with a total variance of 1; zeros if there is none, or none that is finite.
Tensor normalize(const Tensor& states) {
  const Tensor centred = states - states.mean(0, true);
  const double variance = centred.square().sum(1).mean().item<double>();
  const double least = rounding * states.square().sum(1).mean().item<double>();
  if (!(variance > least)) return at::zeros_like(states);
  return centred / std::sqrt(variance);
}

// The principal directions of a covariance, [K, k]: the fewest that hold a share of the variance.
Tensor principal_directions(const Tensor& covariance, double share, std::int64_t most) {
  const auto [variances, directions] = at::linalg_eigh(covariance);
  const Tensor held = variances.flip(0).clamp_min(0).cumsum(0);
  const auto fewer = (held < share * held[-1]).sum().item<std::int64_t>();
  return directions.flip(1).narrow(1, 0, std::min(most, fewer + 1));
}

Tensor reduce(const LatentStates& latents) {  // (q', p') in rows, [2k, N]
  const Tensor q = normalize(latents.q), p = normalize(latents.p);
  const Tensor u = principal_directions(gram_of(q) + gram_of(p), explained_variance, most_pairs);
  return at::cat({q.matmul(u), p.matmul(u)}, 1).t().contiguous();
}

// B, [D, d]. The deviation depends on the basis: the given one, unless there is a direction to be left out.
Tensor moving_directions(const Tensor& q) {
  const Tensor b = principal_directions(gram_of(normalize(q)), 1 - at_rest, q.size(1));
  return b.size(1) < b.size(0) ? b : at::eye(b.size(0), at::kDouble);
}

// A = J Omega J^T at each point, [n, T, T], of the map whose weights are [T, M].
Tensor brackets(const Monomials& monomials, const Tensor& x, const Tensor& values, const Tensor& weights) {
  const std::int64_t k = x.size(0) / 2;
  Tensor sum;
  for (std::int64_t pair = 0; pair < k; ++pair) {
    const Tensor by_q = weights.matmul(monomials.derivatives(x, values, pair)).t();
    const Tensor by_p = weights.matmul(monomials.derivatives(x, values, k + pair)).t();
    const Tensor product = by_q.unsqueeze(2) * by_p.unsqueeze(1);
    sum = sum.defined() ? sum + product : product;
  }
  return sum - sum.transpose(1, 2);
}

double symplectic_error(const Tensor& brackets) {
  const Tensor form = symplectic_form(brackets.size(1) / 2);
  const Tensor square = brackets.square().sum(at::IntArrayRef{1, 2}).mean();
  if (!(square.item<double>() > 0)) return 1;
  const Tensor c = (brackets * form).mean(0).sum() / form.square().sum();
  return ((brackets - c * form).square().sum(at::IntArrayRef{1, 2}).sqrt().mean() / square.sqrt())
      .item<double>();
}

double symplectic_deviation(const Tensor& brackets) {
  const Tensor product = brackets.matmul(brackets.transpose(1, 2));
  const double largest = product.abs().amax(at::IntArrayRef{1, 2}).mean().item<double>();
  const Tensor one = at::eye(product.size(1), at::kDouble);
  return (product / (largest > 0 ? largest : 1) - one).square().mean().item<double>();
}

// Of each row; NaN where the truth does not vary.
Tensor determination(const Tensor& prediction, const Tensor& truth) {
  const Tensor residual = (prediction - truth).square().mean(1);
  const Tensor variance = (truth - truth.mean(1, true)).square().mean(1);
  return at::where(Standardization(truth).varies.squeeze(1), 1 - residual / variance,
                   at::full_like(variance, std::numeric_limits<double>::quiet_NaN()));
}

void check(const LatentStates& latents, const TrueStates& truth, std::int64_t points_per_trajectory) {
  const std::int64_t points = truth.q.dim() == 2 ? truth.q.size(0) : 0;
  for (const Tensor* states : {&latents.q, &latents.p, &truth.q, &truth.p})
    if (states->dim() != 2 || states->size(0) != points || states->size(1) < 1 ||
        states->scalar_type() != at::kDouble || !states->device().is_cpu())
      throw std::invalid_argument("states are not all double [N, ...] of one N");
  if (latents.q.size(1) != latents.p.size(1) || truth.q.size(1) != truth.p.size(1))
    throw std::invalid_argument("not as many momenta as positions");
  if (points_per_trajectory < 1 || points % points_per_trajectory != 0 || points / points_per_trajectory < 3)
    throw std::invalid_argument(std::to_string(points) + " points are not 3 trajectories or more of " +
                                std::to_string(points_per_trajectory));
  if (!truth.q.isfinite().all().item<bool>() || !truth.p.isfinite().all().item<bool>())
    throw std::invalid_argument("true states are not finite");
}

}  // namespace

Symmetric measure_symmetric(const LatentStates& latents, const TrueStates& truth,
                            std::int64_t points_per_trajectory) {
  const at::NoGradGuard no_grad;
  check(latents, truth, points_per_trajectory);
  Symmetric result;
  const Tensor x = reduce(latents), y = at::cat({truth.q, truth.p}, 1).t().contiguous();
  const Monomials monomials(x.size(0));
  result.pairs = x.size(0) / 2;
  result.order = monomials.order();

  const auto last_fifth = [](std::int64_t trajectories) {
    return std::max<std::int64_t>(1, trajectories / 5);
  };
  const std::int64_t trajectories = x.size(1) / points_per_trajectory, held = last_fifth(trajectories);
  const std::int64_t fitted = (trajectories - held) * points_per_trajectory;
  const Tensor values = monomials.values(x);
  const Polynomials map = fit_lasso(values.narrow(1, 0, fitted), y.narrow(1, 0, fitted),
                                    last_fifth(trajectories - held) * points_per_trajectory);

  const auto held_out = [&](const Tensor& rows) {
    return rows.narrow(1, fitted, held * points_per_trajectory).contiguous();
  };
  const Tensor r2 = determination(map(held_out(values)), held_out(y));
  const std::int64_t d = truth.q.size(1);
  result.r2_q = r2.narrow(0, 0, d).nanmean().nan_to_num().item<double>();
  result.r2_p = r2.narrow(0, d, d).nanmean().nan_to_num().item<double>();

  const Tensor moving = moving_directions(truth.q).t();
  const Tensor weights = at::block_diag({moving, moving}).matmul(map.weights);
  const Tensor a = brackets(monomials, held_out(x), held_out(values), weights);
  result.symplectic_error = symplectic_error(a);
  result.symplectic_deviation = symplectic_deviation(a);
  result.is_symmetric =
      result.r2_q > r2_threshold && result.r2_p > r2_threshold && !(r2 <= r2_threshold).any().item<bool>() &&
      result.symplectic_deviation < deviation_threshold && result.symplectic_error < error_threshold;
  return result;
}

}  // namespace hamgen::model
