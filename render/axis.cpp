#include "render/axis.hpp"

#include <cmath>

namespace hamgen::render {

std::vector<double> axis_ticks(double low, double high, int count) {
  const double rough = (high - low) / count;
  if (!(rough > 0) || !std::isfinite(rough)) return {};
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double factor : {5, 2, 1})
    if (factor * power >= rough * (1 - 1e-9)) step = factor * power;
  const double first = std::ceil(low / step - 1e-9), last = std::floor(high / step + 1e-9);
  std::vector<double> ticks;
  for (int i = 0; i <= 2 * count && first + i <= last; ++i)
    ticks.push_back(first + i == 0 ? 0 : (first + i) * step);  // no negative zero
  return ticks;
}

}  // namespace hamgen::render
