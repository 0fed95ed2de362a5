#include "model/losses/turning_blur.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "model/base/tensors.hpp"

namespace hamgen::model {
namespace {

constexpr std::int64_t lobes = 3, taps = 2 * lobes;  // of Lanczos's kernel
constexpr double widest = 3.5;                       // deviations: beyond lie 5e-4 of all angles
constexpr double fine = 0.25;                        // pixels between neighbouring points of the longest arc
constexpr double least = 1e-5;                       // smaller weights are left out

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

// So many that the farthest pixel is seen at every `fine` of a pixel.
std::vector<Angle> angles(double deviation, double longest) {
  const auto steps = static_cast<std::int64_t>(std::ceil(widest * deviation * longest / fine));
  std::vector<Angle> all;
  double sum = 0;
  for (std::int64_t i = -steps; i <= steps; ++i) {
    const double x = steps == 0 ? 0 : widest * static_cast<double>(i) / static_cast<double>(steps);
    all.push_back({std::sin(x * deviation), std::cos(x * deviation), std::exp(-x * x / 2)});
    sum += all.back().weight;
  }
  for (Angle& angle : all) angle.weight /= sum;
  return all;
}

}  // namespace

Tensor turning_blur(std::int64_t size, const Tensor& turn) {
  const std::vector<double> given = to_vector(turn);
  const double pivot_x = given[0], pivot_y = given[1], deviation = given[2], far = static_cast<double>(size);
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
