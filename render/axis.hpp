// Where the ticks of an axis are.
#pragma once

#include <vector>

namespace hamgen::render {

// Multiples of 1, 2 or 5 times a power of ten within [low, high], about `count` of them, ascending; none
// where that is no interval of finite numbers.
std::vector<double> axis_ticks(double low, double high, int count);

}  // namespace hamgen::render
