#include "simulators/base/integrate.hpp"

#include <algorithm>
#include <array>
#include <boost/numeric/odeint/stepper/bulirsch_stoer.hpp>
#include <boost/numeric/odeint/stepper/controlled_runge_kutta.hpp>
#include <boost/numeric/odeint/stepper/runge_kutta4.hpp>
#include <boost/numeric/odeint/stepper/runge_kutta_dopri5.hpp>
#include <boost/numeric/odeint/stepper/runge_kutta_fehlberg78.hpp>
#include <cmath>
#include <limits>
#include <type_traits>

#include "schemas/names.hpp"
#include "simulators/base/units.hpp"

namespace hamgen::simulators {
namespace {

namespace odeint = boost::numeric::odeint;

// Hamilton's equations on a state x = (q, p), with friction (q, p, W), as Odeint calls them.
struct Equations {
  const Hamiltonian& hamiltonian;
  Reals parameters;
  double friction;

  template <class State>
  void operator()(const State& x, State& dx_dt, double /*t*/) const {
    const std::size_t d = x.size() / 2;
    const Reals q(x.data(), d), p(x.data() + d, d);
    const MutableReals dq_dt(dx_dt.data(), d), dp_dt(dx_dt.data() + d, d);
    hamiltonian.dH_dp(parameters, q, p, dq_dt);
    hamiltonian.dH_dq(parameters, q, p, dp_dt);
    for (double& component : dp_dt) component = -component;
    if (friction == 0) return;
    double square = 0;
    for (std::size_t k = 0; k < d; ++k) {
      dp_dt[k] -= friction * dq_dt[k];
      square += dq_dt[k] * dq_dt[k];
    }
    dx_dt.back() = friction * square;
  }

  // What stays constant: H, with friction H + W.
  template <class State>
  double energy(const State& x) const {
    const std::size_t d = x.size() / 2;
    return hamiltonian.energy(parameters, Reals(x.data(), d), Reals(x.data() + d, d)) +
           (friction == 0 ? 0 : x.back());
  }
};

// Drives an error-controlled Odeint stepper from one time to the next. The step size found on one interval is
// the first guess on the next.
template <class Stepper>
class Adaptive {
 public:
  Adaptive(Stepper stepper, const IntegratorOptions& options)
      : stepper_(std::move(stepper)),
        max_steps_(options.max_steps),
        max_step_(options.max_step),
        max_step_energy_(options.max_step_energy) {}

  template <class State>
  void advance(const Equations& equations, State& x, double from, double to) {
    if (step_ == 0) step_ = to - from;
    double t = from;
    for (std::int64_t tries = 0; t != to; ++tries) {
      if (tries == max_steps_)
        throw StalledIntegration("no progress after " + std::to_string(max_steps_) +
                                 " steps at t = " + std::to_string(t));
      if (std::abs(step_) > max_step_) step_ = std::copysign(max_step_, step_);
      // Equal steps that end exactly on `to`.
      const double parts = std::max(1.0, std::ceil((to - t) / step_ * (1 - 1e-12)));
      const bool is_last = parts == 1;
      double step = (to - t) / parts, reached = t;
      if (std::abs(step) <= 4 * std::numeric_limits<double>::epsilon() * std::abs(t))
        throw StalledIntegration("step size underflow at t = " + std::to_string(t));
      if (try_step(equations, x, reached, step)) {
        t = is_last ? to : reached;
        // A step that was cut short to land may propose less than what was possible before.
        step_ = is_last && std::abs(step) < std::abs(step_) ? step_ : step;
      } else {
        step_ = step;
      }
    }
  }

 private:
  // As the stepper's own: moves x and t and proposes the next step, or proposes a smaller one.
  template <class State>
  bool try_step(const Equations& equations, State& x, double& t, double& step) {
    if (!std::isfinite(max_step_energy_)) return stepper_.try_step(equations, x, t, step) == odeint::success;
    const State before = x;
    const double from = t, tried = step, energy = equations.energy(x);
    if (stepper_.try_step(equations, x, t, step) != odeint::success) return false;
    if (std::abs(equations.energy(x) - energy) <= max_step_energy_) return true;
    if constexpr (requires { stepper_.reset(); }) stepper_.reset();  // it remembers where the step ended
    x = before;
    t = from;
    step = tried / 2;
    return false;
  }

  Stepper stepper_;
  std::int64_t max_steps_;
  double max_step_, max_step_energy_;
  double step_ = 0;
};

template <class Stepper>
class FixedStep {
 public:
  explicit FixedStep(std::int64_t substeps) : substeps_(substeps) {}

  template <class State>
  void advance(const Equations& equations, State& x, double from, double to) {
    const double step = (to - from) / static_cast<double>(substeps_);
    for (std::int64_t i = 0; i < substeps_; ++i)
      stepper_.do_step(equations, x, from + static_cast<double>(i) * step, step);
  }

 private:
  Stepper stepper_;
  std::int64_t substeps_;
};

// Kick-drift-kick leapfrog for H = V(q) + K(p) (paper A.5, eq. 24-25, with dK/dp in place of p). The end kick
// of one step and the start kick of the next are at the same q and share their gradient.
class Leapfrog {
 public:
  explicit Leapfrog(std::int64_t substeps) : substeps_(substeps) {}

  template <class State>
  void advance(const Equations& equations, State& x, double from, double to) {
    const double step = (to - from) / static_cast<double>(substeps_);
    const std::size_t d = x.size() / 2;
    const MutableReals q(x.data(), d), p(x.data() + d, d);
    gradient_.resize(d);
    const auto kick = [&](double h) {
      for (std::size_t k = 0; k < d; ++k) p[k] -= h * gradient_[k];
    };
    equations.hamiltonian.dH_dq(equations.parameters, q, p, gradient_);
    kick(step / 2);
    for (std::int64_t i = 0; i < substeps_; ++i) {
      velocity_.resize(d);
      equations.hamiltonian.dH_dp(equations.parameters, q, p, velocity_);
      for (std::size_t k = 0; k < d; ++k) q[k] += step * velocity_[k];
      equations.hamiltonian.dH_dq(equations.parameters, q, p, gradient_);
      kick(i + 1 < substeps_ ? step : step / 2);
    }
  }

 private:
  std::int64_t substeps_;
  std::vector<double> gradient_, velocity_;
};

template <class State, class Driver>
Orbit sample(Driver driver, const Equations& equations, State x, Reals times) {
  const std::size_t d = x.size() / 2;
  Orbit orbit;
  orbit.q.reserve(times.size() * d);
  orbit.p.reserve(times.size() * d);
  for (std::size_t i = 0; i < times.size(); ++i) {
    if (i > 0) driver.advance(equations, x, times[i - 1], times[i]);
    if (!std::ranges::all_of(x, [](double value) { return std::isfinite(value); }))
      throw IntegrationFailure("the state is not finite at t = " + std::to_string(times[i]));
    orbit.q.insert(orbit.q.end(), x.begin(), x.begin() + static_cast<std::ptrdiff_t>(d));
    orbit.p.insert(orbit.p.end(), x.begin() + static_cast<std::ptrdiff_t>(d),
                   x.begin() + static_cast<std::ptrdiff_t>(2 * d));
    if (equations.friction != 0) orbit.lost.push_back(x.back());
  }
  return orbit;
}

// Odeint's error checker adds a_dxdt * |dx| to the allowed error by default; 0 makes the tolerance mean what
// it says.
template <class ErrorStepper, class State>
auto controlled(const IntegratorOptions& options) {
  using Checker = odeint::default_error_checker<double, typename ErrorStepper::algebra_type,
                                                typename ErrorStepper::operations_type>;
  using Controlled = odeint::controlled_runge_kutta<ErrorStepper, Checker>;
  return Adaptive<Controlled>(
      Controlled(Checker(options.absolute_tolerance, options.relative_tolerance, 1.0, 0.0)), options);
}

template <class State>
Orbit integrate_as(const Equations& equations, const State& x, Reals times,
                   const IntegratorOptions& options) {
  const std::string& method = options.method;
  if (method == "fehlberg78")
    return sample(controlled<odeint::runge_kutta_fehlberg78<State>, State>(options), equations, x, times);
  if (method == "dopri5")
    return sample(controlled<odeint::runge_kutta_dopri5<State>, State>(options), equations, x, times);
  if (method == "bulirsch_stoer") {
    using Stepper = odeint::bulirsch_stoer<State>;
    Stepper stepper(options.absolute_tolerance, options.relative_tolerance, 1.0, 0.0);
    return sample(Adaptive<Stepper>(std::move(stepper), options), equations, x, times);
  }
  if (method == "rk4")
    return sample(FixedStep<odeint::runge_kutta4<State>>(options.substeps), equations, x, times);
  return sample(Leapfrog(options.substeps), equations, x, times);
}

// Fixed-size states for the common dimensions let the compiler unroll the steppers' sums.
template <std::size_t N>
Orbit integrate_fixed(const Equations& equations, Reals q0, Reals p0, Reals times,
                      const IntegratorOptions& options) {
  std::array<double, N> x;
  std::ranges::copy(p0, std::ranges::copy(q0, x.begin()).out);
  return integrate_as(equations, x, times, options);
}

Orbit integrate_any(const Equations& equations, Reals q0, Reals p0, Reals times,
                    const IntegratorOptions& options) {
  switch (options.friction != 0 ? 0 : 2 * q0.size()) {
    case 2:
      return integrate_fixed<2>(equations, q0, p0, times, options);
    case 8:
      return integrate_fixed<8>(equations, q0, p0, times, options);
    case 12:
      return integrate_fixed<12>(equations, q0, p0, times, options);
    case 16:
      return integrate_fixed<16>(equations, q0, p0, times, options);
    case 64:
      return integrate_fixed<64>(equations, q0, p0, times, options);
    default:
      break;
  }
  std::vector<double> x(q0.begin(), q0.end());
  x.insert(x.end(), p0.begin(), p0.end());
  if (options.friction != 0) x.push_back(0);
  return integrate_as(equations, x, times, options);
}

std::vector<double> multiplied(Reals values, double factor) {
  std::vector<double> products(values.begin(), values.end());
  for (double& product : products) product *= factor;
  return products;
}

Orbit integrate_in(const Units& units, const Hamiltonian& hamiltonian, Reals c, Reals q0, Reals p0,
                   Reals times, IntegratorOptions options) try {
  if (units.q == 1 && units.p == 1)
    return integrate_any({hamiltonian, c, options.friction}, q0, p0, times, options);
  const InUnits scaled(hamiltonian, units);
  options.friction *= units.q / units.p;
  options.max_step_energy = units.scaled(options.max_step_energy);
  Orbit orbit = integrate_any({scaled, c, options.friction}, multiplied(q0, 1 / units.q),
                              multiplied(p0, 1 / units.p), times, options);
  orbit.q = multiplied(orbit.q, units.q);
  orbit.p = multiplied(orbit.p, units.p);
  orbit.lost = multiplied(multiplied(orbit.lost, units.q), units.p);
  return orbit;
} catch (const IntegrationFailure&) {
  throw;
} catch (const std::runtime_error& error) {
  throw StalledIntegration(error.what());  // Odeint's own
}

}  // namespace

const std::vector<SolverDescriptor>& solvers() {
  static const std::vector<SolverDescriptor> rows{
      {.name = "fehlberg78",
       .summary = "adaptive Runge-Kutta-Fehlberg 7(8)",
       .order = 8,
       .is_adaptive = true},
      {.name = "dopri5", .summary = "adaptive Dormand-Prince 5(4)", .order = 5, .is_adaptive = true},
      {.name = "bulirsch_stoer", .summary = "adaptive extrapolation of variable order", .is_adaptive = true},
      {.name = "rk4", .summary = "classical Runge-Kutta, fixed step", .order = 4},
      {.name = "leapfrog",
       .summary = "kick-drift-kick, fixed step, symplectic",
       .order = 2,
       .needs_separable = true},
  };
  return rows;
}

const SolverDescriptor& find_solver(std::string_view name) {
  return schemas::find_named(solvers(), "integrator", name, &SolverDescriptor::name);
}

IntegratorOptions IntegratorOptions::tightened() const {
  IntegratorOptions stricter = *this;
  for (double* tolerance : {&stricter.absolute_tolerance, &stricter.relative_tolerance})
    *tolerance = std::max(*tolerance / 10, std::min(*tolerance, 1e-15));
  stricter.substeps *= 2;
  stricter.max_step /= 2;
  return stricter;
}

void require_suitable(const IntegratorOptions& options, const Hamiltonian& hamiltonian) {
  if (!find_solver(options.method).needs_separable) return;
  if (!hamiltonian.is_separable())
    throw schemas::FieldError("integrator.method = \"" + options.method +
                              "\" needs a separable Hamiltonian H = V(q) + K(p), which this system has not");
  if (options.friction != 0)
    throw schemas::FieldError("integrator.method = \"" + options.method +
                              "\" knows no friction: choose another method, or physics.friction = 0");
}

Orbit integrate(const Hamiltonian& hamiltonian, Reals parameters, Reals q0, Reals p0, Reals times,
                const IntegratorOptions& options) {
  require_suitable(options, hamiltonian);
  const bool has_tolerances = find_solver(options.method).is_adaptive;
  constexpr int most_passes = 5;  // the first one may be wrong about sizes, too
  Units units;
  for (int pass = 1;; ++pass) {
    Orbit orbit = integrate_in(units, hamiltonian, parameters, q0, p0, times, options);
    if (!has_tolerances || pass == most_passes) return orbit;
    const Units found =
        units_of(hamiltonian, parameters,
                 {orbit.q, orbit.p, q0.size(), times.empty() ? 0 : std::abs(times.back() - times.front())});
    if (are_alike(found, units)) return orbit;
    units = found;
  }
}

}  // namespace hamgen::simulators
