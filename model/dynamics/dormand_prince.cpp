#include "model/dynamics/dormand_prince.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace hamgen::model {
namespace {

constexpr std::size_t stages = 7;
constexpr double shortest = 1.0 / 1024;
constexpr double a[stages][stages - 1] = {
    {},
    {1.0 / 5},
    {3.0 / 40, 9.0 / 40},
    {44.0 / 45, -56.0 / 15, 32.0 / 9},
    {19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729},
    {9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176, -5103.0 / 18656},
    {35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84}};  // the last: the step of order 5
// Order 5 less order 4.
constexpr double error_weights[stages] = {71.0 / 57600,      0,          -71.0 / 16695, 71.0 / 1920,
                                          -17253.0 / 339200, 22.0 / 525, -1.0 / 40};

PhaseSpace combined(const std::vector<PhaseSpace>& rates, const double* weights) {
  PhaseSpace sum;
  for (std::size_t i = 0; i < rates.size(); ++i) {
    if (weights[i] == 0) continue;
    sum = sum.q.defined() ? moved(sum, rates[i], weights[i])
                          : PhaseSpace{weights[i] * rates[i].q, weights[i] * rates[i].p};
  }
  return sum;
}

// The largest |error| / (1 + |x|).
double relative(const Tensor& error, const Tensor& start, const Tensor& end) {
  const at::NoGradGuard no_grad;
  return (error.abs() / (1 + at::maximum(start.abs(), end.abs()))).max().item<double>();
}

}  // namespace

DormandPrince::DormandPrince(const Dynamics& dynamics, const StepperOptions& options)
    : dynamics_(dynamics), dt_(options.dt), tolerance_(options.tolerance) {}

DormandPrince::Attempt DormandPrince::attempt(const PhaseSpace& state, const PhaseSpace& rate,
                                              double h) const {
  std::vector<PhaseSpace> rates{rate};
  Attempt result;
  for (std::size_t stage = 1; stage < stages; ++stage) {
    result.end = moved(state, combined(rates, a[stage]), h);
    rates.push_back(dynamics_.rate(result.end));
  }
  result.end_rate = rates.back();
  const PhaseSpace error = combined(rates, error_weights);
  const double of_q = relative(error.q, state.q, result.end.q),
               of_p = relative(error.p, state.p, result.end.p);
  const double larger = std::isfinite(of_q + of_p) ? std::max(of_q, of_p) : of_q + of_p;
  result.error = std::abs(h) / tolerance_ * larger;
  return result;
}

PhaseSpace DormandPrince::step(const PhaseSpace& start) {
  PhaseSpace state = start, rate = dynamics_.rate(start);
  double done = 0;  // of 1
  while (done < 1) {
    const double part = std::min(std::max(fraction_, shortest), 1 - done);
    const Attempt result = attempt(state, rate, part * dt_);
    const double change =
        std::isfinite(result.error) ? 0.9 * std::pow(std::max(result.error, 1e-9), -0.2) : 0;
    const bool is_accepted = result.error <= 1 || part <= shortest;
    // The last step of an interval may be short for no fault of its own.
    if (!is_accepted || part >= fraction_ || change < 1)
      fraction_ = std::clamp(part * std::clamp(change, 0.2, 5.0), shortest, 1.0);
    if (!is_accepted) continue;
    state = result.end;
    rate = result.end_rate;
    done = 1 - done - part < 1e-12 ? 1 : done + part;
  }
  return state;
}

}  // namespace hamgen::model
