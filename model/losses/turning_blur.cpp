#include "model/losses/turning_blur.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace hamgen::model {
namespace {

constexpr std::int64_t lobes = 3, taps = 2 * lobes;  // of Lanczos's kernel
constexpr double widest = 3.5;                       // deviations: beyond lie 5e-4 of all angles
constexpr double all_around = 4;  // radian: so wide a Gaussian is even on the circle to 7e-4
constexpr double fine = 0.25;     // pixels between neighbouring points of the longest arc
constexpr double least = 1e-5;    // smaller weights are left out

double lanczos(double x) {
  if (x == 0) return 1;
  if (std::abs(x) >= lobes) return 0;
  const double u = M_PI * x;
  return lobes * std::sin(u) * std::sin(u / lobes) / (u * u);
}

// The pixels that a point between them is made of, along one axis.
struct Along {
  std::int64_t pixel[taps];
  double weight[taps];

  Along(double place, std::int64_t size) {  // pixel i has its centre at i + 1/2
    const auto first = static_cast<std::int64_t>(std::floor(place - 0.5)) - lobes + 1;
    double sum = 0;
    for (std::int64_t k = 0; k < taps; ++k) {
      pixel[k] = std::clamp<std::int64_t>(first + k, 0, size - 1);
      sum += weight[k] = lanczos(place - 0.5 - static_cast<double>(first + k));
    }
    for (double& w : weight) w /= sum;
  }
};

struct Angle {
  double sine, cosine, weight;
};

// So many that the farthest pixel is seen at every `fine` of a pixel; never more than a whole turn.
std::vector<Angle> angles(double deviation, double longest) {
  const double most = std::min(widest * deviation, M_PI);
  const auto steps = std::max<std::int64_t>(2, static_cast<std::int64_t>(std::ceil(most * longest / fine)));
  const auto density = [&](double angle) {
    if (most < M_PI) return std::exp(-0.5 * std::pow(angle / deviation, 2));
    if (deviation > all_around) return 1.0;
    double sum = 0;
    for (int turns = -2; turns <= 2; ++turns)
      sum += std::exp(-0.5 * std::pow((angle + 2 * M_PI * turns) / deviation, 2));
    return sum;
  };
  std::vector<Angle> all;
  double sum = 0;
  for (std::int64_t i = -steps; i <= steps; ++i) {
    const double angle = most * static_cast<double>(i) / static_cast<double>(steps);
    const bool is_both_ends = most == M_PI && std::abs(i) == steps;  // one and the same
    all.push_back({std::sin(angle), std::cos(angle), density(angle) / (is_both_ends ? 2 : 1)});
    sum += all.back().weight;
  }
  for (Angle& angle : all) angle.weight /= sum;
  return all;
}

}  // namespace

Tensor turning_blur(std::int64_t size, const std::array<double, 2>& pivot, double deviation) {
  const auto [pivot_x, pivot_y] = pivot;
  const auto far = static_cast<double>(size);
  const double longest = std::hypot(std::max(std::abs(pivot_x), std::abs(far - pivot_x)),
                                    std::max(std::abs(pivot_y), std::abs(far - pivot_y)));
  const std::vector<Angle> turns = angles(deviation, longest);
  std::vector<std::int64_t> rows, columns;
  std::vector<float> values;
  std::vector<double> row(static_cast<std::size_t>(size * size));
  for (std::int64_t pixel = 0; pixel < size * size; ++pixel) {
    const double x = static_cast<double>(pixel % size) + 0.5 - pivot_x,
                 y = static_cast<double>(pixel / size) + 0.5 - pivot_y;
    std::ranges::fill(row, 0);
    for (const Angle& angle : turns) {
      const Along across(pivot_x + angle.cosine * x - angle.sine * y, size),
          down(pivot_y + angle.sine * x + angle.cosine * y, size);
      for (std::int64_t j = 0; j < taps; ++j)
        for (std::int64_t i = 0; i < taps; ++i)
          row[static_cast<std::size_t>(down.pixel[j] * size + across.pixel[i])] +=
              angle.weight * down.weight[j] * across.weight[i];
    }
    for (double& weight : row)
      if (std::abs(weight) < least) weight = 0;
    const double sum = std::accumulate(row.begin(), row.end(), 0.0);
    for (std::int64_t other = 0; other < size * size; ++other) {
      const double weight = row[static_cast<std::size_t>(other)];
      if (weight == 0) continue;
      rows.push_back(pixel);
      columns.push_back(other);
      values.push_back(static_cast<float>(weight / sum));
    }
  }
  const Tensor places = at::stack({at::tensor(rows), at::tensor(columns)});
  return at::sparse_coo_tensor(places, at::tensor(values), {size * size, size * size}).coalesce();
}

}  // namespace hamgen::model
