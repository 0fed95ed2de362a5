// Integration of Hamilton's equations onto a grid of times, with the steppers of Boost.Odeint and a leapfrog.
//
//   dq/dt = dH/dp,  dp/dt = -dH/dq - friction dq/dt
//
// With friction the energy lost to it, W(t) = friction * integral |dq/dt|^2 dt, is one more component of the
// state, under the same error control: H + W is what stays constant then.
//
// Adaptive steppers keep the error of every step below absolute + relative * |x| in each coordinate and land
// exactly on every requested time. (Estimates are blind to some errors: that of fehlberg78 vanishes where the
// force is a function of time alone, and nearly so on an almost straight orbit. `max_step` bounds the step
// where that matters.) Fixed steppers divide each interval into equal substeps. A stepper that cannot go on
// (stalled in a close encounter, not finite) throws IntegrationFailure: it never hangs. Tolerances are of numbers
// of ordinary size: what is far smaller is integrated in units of its own (units.hpp).
#pragma once

#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "simulators/base/system.hpp"

namespace hamgen::simulators {

struct SolverDescriptor {
  std::string name;
  std::string summary;
  int order = 0;  // 0: it varies
  bool is_adaptive = false;
  bool needs_separable = false;  // only for H = V(q) + K(p)
};

const std::vector<SolverDescriptor>& solvers();
// Throws schemas::FieldError that lists the names there are.
const SolverDescriptor& find_solver(std::string_view name);

struct IntegratorOptions {
  std::string method = "fehlberg78";
  double absolute_tolerance = 1e-13;  // per step and coordinate; adaptive methods
  double relative_tolerance = 1e-13;
  std::int64_t substeps = 64;       // per interval; fixed-step methods
  std::int64_t max_steps = 100000;  // tries per interval before an adaptive method gives up
  double max_step = std::numeric_limits<double>::infinity();  // time; adaptive methods
  // Energy that one step may gain or lose; adaptive methods take a smaller one instead. It sees what estimates
  // from derivatives at a few points do not: a kink of the force between them.
  double max_step_energy = std::numeric_limits<double>::infinity();
  double friction = 0;  // momentum / position

  // One notch stricter: tolerances / 10, but not below what double precision can tell apart (1e-15); substeps
  // * 2, max_step / 2.
  IntegratorOptions tightened() const;
};

// Throws schemas::FieldError where the method cannot integrate the system.
void require_suitable(const IntegratorOptions& options, const Hamiltonian& hamiltonian);

class IntegrationFailure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// No step is small enough, or too many would be needed.
class StalledIntegration : public IntegrationFailure {
 public:
  using IntegrationFailure::IntegrationFailure;
};

// Positions and momenta on a grid of T times, row by row: q[t * D + k].
struct Orbit {
  std::vector<double> q, p;
  std::vector<double> lost;  // [T], the energy that friction took since times[0]; empty without friction
};

// The orbit through (q0, p0) at times[0], sampled at every time of `times` (monotonic, either direction). Row
// 0 is the start itself. Throws IntegrationFailure; throws schemas::FieldError where the stepper does not
// suit the system.
Orbit integrate(const Hamiltonian& hamiltonian, Reals parameters, Reals q0, Reals p0, Reals times,
                const IntegratorOptions& options);

}  // namespace hamgen::simulators
