// An independent reference for point masses in the plane: Taylor series of order 40 in 40-digit arithmetic.
//
// The coefficients follow from the equations of motion by automatic differentiation: with d = r_j - r_i, s =
// d.d and u = s^(-3/2), Newton's law is r_i'' = g sum_j m_j u d, and u obeys the power recurrence
//   n s_0 u_n = sum_{k<n} (-3/2 (n - k) - k) s_{n-k} u_k.
// The step is chosen so that the last coefficients contribute less than 1e-32 of the state. (Jorba and Zou
// 2005, doi:10.1080/10586458.2005.10128904.)
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

#include "tests/simulators/precise.hpp"

namespace hamgen::tests {

class TaylorNBody {
 public:
  // r = (x_1, y_1, x_2, ...): positions, v: velocities, at time 0; the gravitational constant is 1.
  TaylorNBody(std::vector<Precise> masses, std::vector<Precise> r, std::vector<Precise> v)
      : m_(std::move(masses)), r_(std::move(r)), v_(std::move(v)) {}

  const std::vector<Precise>& positions() const { return r_; }
  const std::vector<Precise>& velocities() const { return v_; }

  void advance_to(const Precise& time) {
    while (t_ < time) {
      expand();
      const Precise h = std::min<Precise>(step_size(), time - t_);
      evaluate(rs_, h, r_);
      evaluate(vs_, h, v_);
      t_ = h < time - t_ ? Precise(t_ + h) : time;
    }
  }

 private:
  static constexpr std::size_t order = 40;
  using Series = std::array<Precise, order + 1>;

  void expand() {
    const std::size_t n_bodies = m_.size();
    rs_.resize(r_.size());
    vs_.resize(v_.size());
    for (std::size_t k = 0; k < r_.size(); ++k) rs_[k][0] = r_[k], vs_[k][0] = v_[k];
    std::vector<std::array<Series, 4>> pairs(n_bodies * (n_bodies - 1) / 2);
    for (std::size_t n = 0; n < order; ++n) {
      std::vector<Precise> a(r_.size(), Precise(0));
      std::size_t pair = 0;
      for (std::size_t i = 0; i < n_bodies; ++i)
        for (std::size_t j = i + 1; j < n_bodies; ++j) expand_pair(pairs[pair++], i, j, n, a);
      for (std::size_t k = 0; k < r_.size(); ++k) {
        rs_[k][n + 1] = vs_[k][n] / (n + 1);
        vs_[k][n + 1] = a[k] / (n + 1);
      }
    }
  }

  // Coefficient n of the pull between bodies i and j, added to their accelerations.
  void expand_pair(std::array<Series, 4>& pair, std::size_t i, std::size_t j, std::size_t n,
                   std::vector<Precise>& a) {
    auto& [dx, dy, s, u] = pair;
    dx[n] = rs_[2 * j][n] - rs_[2 * i][n];
    dy[n] = rs_[2 * j + 1][n] - rs_[2 * i + 1][n];
    s[n] = convolve(dx, dx, n) + convolve(dy, dy, n);
    if (n == 0) {
      u[0] = 1 / (s[0] * sqrt(s[0]));
    } else {
      Precise sum = 0;
      for (std::size_t k = 0; k < n; ++k)
        sum -= (1.5 * static_cast<double>(n - k) + static_cast<double>(k)) * s[n - k] * u[k];
      u[n] = sum / (n * s[0]);
    }
    const Precise pull_x = convolve(u, dx, n), pull_y = convolve(u, dy, n);
    a[2 * i] += m_[j] * pull_x;
    a[2 * i + 1] += m_[j] * pull_y;
    a[2 * j] -= m_[i] * pull_x;
    a[2 * j + 1] -= m_[i] * pull_y;
  }

  static Precise convolve(const Series& a, const Series& b, std::size_t n) {
    Precise sum = 0;
    for (std::size_t k = 0; k <= n; ++k) sum += a[k] * b[n - k];
    return sum;
  }

  Precise step_size() const {
    const auto largest = [&](std::size_t n) {
      Precise norm = 0;
      for (const auto* table : {&rs_, &vs_})
        for (const Series& series : *table) norm = std::max<Precise>(norm, abs(series[n]));
      return norm;
    };
    const Precise scale = 1e-32 * largest(0);
    const Precise last = pow(scale / largest(order), Precise(1) / order);
    const Precise before = pow(scale / largest(order - 1), Precise(1) / (order - 1));
    return std::min<Precise>(last, before);
  }

  static void evaluate(const std::vector<Series>& series, const Precise& h, std::vector<Precise>& values) {
    for (std::size_t k = 0; k < values.size(); ++k) {
      Precise sum = series[k][order];
      for (std::size_t n = order; n-- > 0;) sum = sum * h + series[k][n];
      values[k] = sum;
    }
  }

  std::vector<Precise> m_, r_, v_;
  Precise t_ = 0;
  std::vector<Series> rs_, vs_;
};

}  // namespace hamgen::tests
