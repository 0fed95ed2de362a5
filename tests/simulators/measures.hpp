// Small numerical measures that the tests share.
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace hamgen::tests {

// The largest |a_i - b_i|; infinite where sizes differ or a value is not a number.
inline double max_difference(std::span<const double> a, std::span<const double> b) {
  if (a.size() != b.size()) return std::numeric_limits<double>::infinity();
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double difference = std::abs(a[i] - b[i]);
    if (!(difference <= largest)) largest = difference;
    if (std::isnan(difference)) return std::numeric_limits<double>::infinity();
  }
  return largest;
}

// |a / b - 1|. (doctest's Approx allows epsilon (1 + |b|), which says nothing about a small b.)
inline double relative_error(double a, double b) {
  return std::abs(a / b - 1);
}

// The slope of f at 0, by central differences of eighth order in h.
template <class Function>
double central_slope(const Function& f, double h) {
  const auto rise = [&](double shift) { return f(shift) - f(-shift); };
  return (672 * rise(h) - 168 * rise(2 * h) + 32 * rise(3 * h) - 3 * rise(4 * h)) / (840 * h);
}

// Row t of a row-major [T, D] array.
inline std::span<const double> row(const std::vector<double>& table, std::size_t t, std::size_t d) {
  return {table.data() + t * d, d};
}

// `count` equal intervals: count + 1 times from `from` to `to`.
inline std::vector<double> even_times(double from, double to, std::size_t count) {
  std::vector<double> times;
  for (std::size_t i = 0; i <= count; ++i)
    times.push_back(from + (to - from) * static_cast<double>(i) / static_cast<double>(count));
  return times;
}

// The exponent b of the power law y = a x^b that fits best (least squares in log x, log y).
inline double fitted_exponent(std::span<const double> x, std::span<const double> y) {
  const auto n = static_cast<double>(x.size());
  double mean_x = 0, mean_y = 0, xx = 0, xy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) mean_x += std::log(x[i]) / n, mean_y += std::log(y[i]) / n;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += (std::log(x[i]) - mean_x) * (std::log(x[i]) - mean_x);
    xy += (std::log(x[i]) - mean_x) * (std::log(y[i]) - mean_y);
  }
  return xy / xx;
}

// Total angular momentum sum_i (x_i p_y,i - y_i p_x,i) of point masses in the plane.
inline double angular_momentum(std::span<const double> q, std::span<const double> p) {
  double sum = 0;
  for (std::size_t k = 0; k + 1 < q.size(); k += 2) sum += q[k] * p[k + 1] - q[k + 1] * p[k];
  return sum;
}

}  // namespace hamgen::tests
