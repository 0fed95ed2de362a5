// Means with their uncertainty, for tables.
#pragma once

#include <cstddef>
#include <vector>

namespace hamgen::model {

// The mean of independent values and half the width of its 95 % confidence interval, by Student's t
// distribution: t(0.975, n - 1) s / sqrt(n). Values that are not finite make both so. One value has no
// interval: NaN.
struct Interval {
  double mean = 0, half_width = 0;
  std::size_t count = 0;
};
Interval mean_interval(const std::vector<double>& values);

// The middle value (of the two middle ones, the mean); NaN of none. Infinite values are the largest.
double median(std::vector<double> values);

}  // namespace hamgen::model
