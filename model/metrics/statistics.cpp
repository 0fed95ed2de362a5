#include "model/metrics/statistics.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>

namespace hamgen::model {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// The 97.5 % quantile of Student's t distribution.
double t_quantile(std::size_t degrees) {
  return boost::math::quantile(boost::math::students_t(static_cast<double>(degrees)), 0.975);
}

}  // namespace

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
