#include "simulators/base/units.hpp"

#include <algorithm>
#include <cmath>

namespace hamgen::simulators {
namespace {

double largest(Reals values) {
  double found = 0;
  for (const double value : values) found = std::max(found, std::abs(value));
  return found;
}

bool is_small(double size) {
  return size > 0 && size < smallest_ordinary;
}

// The largest rate of q or p on the course.
double largest_rate(const Hamiltonian& hamiltonian, Reals c, const Course& course, bool of_q) {
  const std::size_t d = course.dimension;
  std::vector<double> rate(d);
  double found = 0;
  for (std::size_t at = 0; at < course.q.size(); at += d) {
    const Reals q = course.q.subspan(at, d), p = course.p.subspan(at, d);
    if (of_q)
      hamiltonian.dH_dp(c, q, p, rate);
    else
      hamiltonian.dH_dq(c, q, p, rate);
    found = std::max(found, largest(rate));
  }
  return found;
}

double power_of_two(double size) {
  return std::ldexp(1, std::ilogb(size));
}

}  // namespace

Units units_of(const Hamiltonian& hamiltonian, Reals c, const Course& course) {
  constexpr double noticed = 1e-6;  // of the other's size: what a small one changes over the course
  const double q = largest(course.q), p = largest(course.p);
  const auto moves = [&](bool of_q, double size) {
    return largest_rate(hamiltonian, c, course, of_q) * course.duration >= noticed * size;
  };
  Units units;
  if (is_small(p) && moves(true, q)) units.p = power_of_two(p);
  if (is_small(q) && moves(false, p)) units.q = power_of_two(q);
  return units;
}

bool are_alike(const Units& one, const Units& other) {
  constexpr double most = 8;
  const auto near = [](double a, double b) { return a <= most * b && b <= most * a; };
  return near(one.q, other.q) && near(one.p, other.p);
}

void InUnits::enter(Reals q, Reals p) const {
  q_.resize(q.size());
  p_.resize(p.size());
  std::ranges::transform(q, q_.begin(), [this](double x) { return x * units_.q; });
  std::ranges::transform(p, p_.begin(), [this](double x) { return x * units_.p; });
}

double InUnits::energy(Reals c, Reals q, Reals p) const {
  enter(q, p);
  return units_.scaled(hamiltonian_.energy(c, q_, p_));
}

void InUnits::dH_dq(Reals c, Reals q, Reals p, MutableReals out) const {
  enter(q, p);
  hamiltonian_.dH_dq(c, q_, p_, out);
  for (double& slope : out) slope /= units_.p;
}

void InUnits::dH_dp(Reals c, Reals q, Reals p, MutableReals out) const {
  enter(q, p);
  hamiltonian_.dH_dp(c, q_, p_, out);
  for (double& slope : out) slope /= units_.q;
}

}  // namespace hamgen::simulators
