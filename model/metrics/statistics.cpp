#include "model/metrics/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

namespace hamgen::model {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// The 97.5 % quantile of Student's t distribution; beyond the table, Cornish and Fisher's expansion about the
// normal quantile, which is right to 2e-4 there.
double t_quantile(std::size_t degrees) {
  constexpr double table[] = {12.7062, 4.3027, 3.1824, 2.7764, 2.5706,
                              2.4469,  2.3646, 2.3060, 2.2622, 2.2281};
  if (degrees <= std::size(table)) return table[degrees - 1];
  constexpr double z = 1.959964;
  const auto n = static_cast<double>(degrees);
  return z + (z * z * z + z) / (4 * n) + (5 * std::pow(z, 5) + 16 * z * z * z + 3 * z) / (96 * n * n) +
         (3 * std::pow(z, 7) + 19 * std::pow(z, 5) + 17 * z * z * z - 15 * z) / (384 * n * n * n);
}

}  // namespace

std::vector<double> to_vector(const Tensor& values) {
  const Tensor flat = values.detach().to(at::kCPU, at::kDouble).contiguous();
  return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
}

Interval mean_interval(const std::vector<double>& values) {
  Interval interval{nan, nan, values.size()};
  if (values.empty()) return interval;
  const auto n = static_cast<double>(values.size());
  double sum = 0, squares = 0;
  for (const double value : values) sum += value;
  interval.mean = sum / n;
  if (values.size() < 2) return interval;
  for (const double value : values) squares += (value - interval.mean) * (value - interval.mean);
  interval.half_width = t_quantile(values.size() - 1) * std::sqrt(squares / (n - 1) / n);
  return interval;
}

double median(std::vector<double> values) {
  if (values.empty()) return nan;
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace hamgen::model
