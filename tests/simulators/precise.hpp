// Forty decimal digits, and an independent solver of x' = f(x) in them.
//
// Gragg's modified midpoint rule with 2, 4, 6, ... substeps, extrapolated to none by Aitken and Neville in
// h^2 (Gragg 1965, doi:10.1137/0702030; Hairer, Norsett, Wanner, Solving Ordinary Differential Equations I,
// sec. II.9). A step whose last two extrapolations differ by more than the tolerance is halved.
#pragma once

#include <algorithm>
#include <boost/multiprecision/cpp_bin_float.hpp>
#include <cstddef>
#include <span>
#include <vector>

namespace hamgen::tests {

using Precise =
    boost::multiprecision::number<boost::multiprecision::cpp_bin_float<40>, boost::multiprecision::et_off>;
using PreciseState = std::vector<Precise>;

inline PreciseState precise(std::span<const double> values) {
  return {values.begin(), values.end()};
}

inline std::vector<double> rounded(const PreciseState& values) {
  std::vector<double> result;
  for (const Precise& value : values) result.push_back(static_cast<double>(value));
  return result;
}

namespace detail {

template <class Rate>
PreciseState modified_midpoint(const Rate& rate, const PreciseState& x, const Precise& step, int substeps) {
  const Precise h = step / substeps;
  const auto moved = [](PreciseState from, const PreciseState& along, const Precise& by) {
    for (std::size_t k = 0; k < from.size(); ++k) from[k] += by * along[k];
    return from;
  };
  PreciseState before = x, now = moved(x, rate(x), h);
  for (int i = 1; i < substeps; ++i) {
    PreciseState next = moved(before, rate(now), 2 * h);
    before = std::move(now);
    now = std::move(next);
  }
  return now;  // even numbers of substeps: an expansion in h^2 without smoothing
}

}  // namespace detail

// x after `time`, to about `tolerance` times the number of steps. `rate(x)` is dx/dt.
template <class Rate>
PreciseState precise_flow(const Rate& rate, const PreciseState& x, const Precise& time,
                          const Precise& tolerance = Precise("1e-18")) {
  constexpr int columns = 9;  // order 18
  std::vector<PreciseState> table;
  Precise error = 0;
  for (int row = 0; row < columns; ++row) {
    table.push_back(detail::modified_midpoint(rate, x, time, 2 * (row + 1)));
    // table[column] becomes the extrapolation from rows column .. row.
    for (int column = row - 1; column >= 0; --column) {
      const Precise ratio = Precise(row + 1) / (column + 1);
      error = 0;
      for (std::size_t k = 0; k < x.size(); ++k) {
        Precise& coarse = table[static_cast<std::size_t>(column)][k];
        const Precise& fine = table[static_cast<std::size_t>(column) + 1][k];
        const Precise correction = (fine - coarse) / (ratio * ratio - 1);
        error = std::max<Precise>(error, abs(correction));
        coarse = fine + correction;
      }
    }
  }
  if (error <= tolerance) return table[0];
  return precise_flow(rate, precise_flow(rate, x, time / 2, tolerance), time / 2, tolerance);
}

}  // namespace hamgen::tests
