#include "model/dynamics/integrators.hpp"

#include <algorithm>
#include <cmath>

#include "model/dynamics/dormand_prince.hpp"
#include "schemas/field.hpp"

namespace hamgen::model {
namespace {

class Euler : public Stepper {
 public:
  Euler(const Dynamics& dynamics, const StepperOptions& options) : dynamics_(dynamics), dt_(options.dt) {}
  PhaseSpace step(const PhaseSpace& state) override { return moved(state, rate(state), dt_); }

 protected:
  PhaseSpace rate(const PhaseSpace& state) const { return dynamics_.rate(state); }
  const Dynamics& dynamics_;
  double dt_;
};

class RungeKutta4 : public Euler {
 public:
  using Euler::Euler;
  PhaseSpace step(const PhaseSpace& state) override {
    const PhaseSpace k1 = rate(state);
    const PhaseSpace k2 = rate(moved(state, k1, dt_ / 2));
    const PhaseSpace k3 = rate(moved(state, k2, dt_ / 2));
    const PhaseSpace k4 = rate(moved(state, k3, dt_));
    return {state.q + dt_ / 6 * (k1.q + 2 * k2.q + 2 * k3.q + k4.q),
            state.p + dt_ / 6 * (k1.p + 2 * k2.p + 2 * k3.p + k4.p)};
  }
};

// Leapfrog steps of fractions w of dt, one after the other. The kick that ends one begins the next with the
// same gradient, also across calls.
class Leapfrog : public Stepper {
 public:
  Leapfrog(const Hamiltonian& hamiltonian, const StepperOptions& options, std::vector<double> fractions = {1})
      : hamiltonian_(hamiltonian), options_(options), fractions_(std::move(fractions)) {}

  PhaseSpace step(const PhaseSpace& state) override {
    auto [q, p] = state;
    if (!end_q_.defined() || !end_q_.is_same(q)) dV_dq_ = hamiltonian_.dH_dq(q, p);
    for (const double fraction : fractions_) {
      const double dt = fraction * options_.dt;
      p = p - update(dt / 2, dV_dq_);
      q = q + update(dt, hamiltonian_.dH_dp(q, p));
      dV_dq_ = hamiltonian_.dH_dq(q, p);
      p = p - update(dt / 2, dV_dq_);
    }
    end_q_ = q;
    return {q, p};
  }

 private:
  Tensor update(double dt, const Tensor& rate) const {
    if (options_.lattice == 0) return dt * rate;
    return (dt / options_.lattice * rate).round_().mul_(options_.lattice);
  }

  const Hamiltonian& hamiltonian_;
  StepperOptions options_;
  std::vector<double> fractions_;
  Tensor end_q_, dV_dq_;
};

std::vector<double> yoshida_fractions() {
  const double root = std::cbrt(2.0), outer = 1 / (2 - root);
  return {outer, -root * outer, outer};
}

class Tao : public Stepper {
 public:
  Tao(const Hamiltonian& hamiltonian, const StepperOptions& options)
      : hamiltonian_(hamiltonian), options_(options) {}
  PhaseSpace step(const PhaseSpace& state) override {
    if (!extended_.q.defined() || !extended_.q.is_same(state.q) || !extended_.p.is_same(state.p))
      extended_ = {state.q, state.p, state.q, state.p};
    extended_ = tao_step(hamiltonian_, extended_, options_);
    return {extended_.q, extended_.p};
  }

 private:
  const Hamiltonian& hamiltonian_;
  StepperOptions options_;
  ExtendedState extended_;
};

template <class S>
std::unique_ptr<Stepper> make(const Dynamics& dynamics, const StepperOptions& options) {
  return std::make_unique<S>(dynamics, options);
}

template <class S>
std::unique_ptr<Stepper> make_hamiltonian(const Dynamics& dynamics, const StepperOptions& options) {
  return std::make_unique<S>(dynamic_cast<const Hamiltonian&>(dynamics), options);
}

std::unique_ptr<Stepper> make_yoshida(const Dynamics& dynamics, const StepperOptions& options) {
  return std::make_unique<Leapfrog>(dynamic_cast<const Hamiltonian&>(dynamics), options, yoshida_fractions());
}

}  // namespace

const std::vector<StepperDescriptor>& steppers() {
  static const std::vector<StepperDescriptor> all{
      {.name = "leapfrog",
       .order = 2,
       .is_symplectic = true,
       .needs_hamiltonian = true,
       .needs_separable = true,
       .help = "kick, drift, kick",
       .make = make_hamiltonian<Leapfrog>},
      {.name = "euler", .order = 1, .help = "explicit Euler", .make = make<Euler>},
      {.name = "rk4", .order = 4, .help = "classical Runge-Kutta", .make = make<RungeKutta4>},
      {.name = "dopri5", .order = 5, .help = "adaptive Dormand-Prince", .make = make<DormandPrince>},
      {.name = "yoshida4",
       .order = 4,
       .is_symplectic = true,
       .needs_hamiltonian = true,
       .needs_separable = true,
       .help = "three leapfrogs, fourth order",
       .make = make_yoshida},
      {.name = "tao",
       .order = 2,
       .is_symplectic = true,
       .needs_hamiltonian = true,
       .help = "explicit and symplectic for any H",
       .make = make_hamiltonian<Tao>},
  };
  return all;
}

std::vector<std::string> stepper_names(bool is_hamiltonian, bool is_separable) {
  std::vector<std::string> names;
  for (const auto& stepper : steppers())
    if ((is_hamiltonian || !stepper.needs_hamiltonian) && (is_separable || !stepper.needs_separable))
      names.push_back(stepper.name);
  return names;
}

std::unique_ptr<Stepper> make_stepper(const std::string& name, const Dynamics& dynamics,
                                      const StepperOptions& options) {
  const auto found = std::ranges::find(steppers(), name, &StepperDescriptor::name);
  if (found == steppers().end()) throw std::logic_error("no integrator is called " + name);
  const auto* const hamiltonian = dynamic_cast<const Hamiltonian*>(&dynamics);
  if (found->needs_hamiltonian && hamiltonian == nullptr)
    throw schemas::FieldError("integrator.method = \"" + name +
                              "\" is not allowed: it needs a Hamiltonian; use rk4, dopri5 or euler");
  if (found->needs_separable && !hamiltonian->is_separable())
    throw schemas::FieldError("integrator.method = \"" + name +
                              "\" is not allowed with hamiltonian.form = \"joint\": it needs H = V(q) + "
                              "K(p); use tao, rk4 or euler");
  return found->make(dynamics, options);
}

ExtendedState tao_step(const Hamiltonian& hamiltonian, ExtendedState s, const StepperOptions& options) {
  const double dt = options.dt;
  // The exact flows of H(q, y), of H(x, p) and of omega (|q - x|^2 + |p - y|^2) / 2.
  const auto flow_qy = [&](double h) {
    const PhaseSpace dH = hamiltonian.gradients(s.q, s.y);
    s = {s.q, s.p - h * dH.q, s.x + h * dH.p, s.y};
  };
  const auto flow_xp = [&](double h) {
    const PhaseSpace dH = hamiltonian.gradients(s.x, s.p);
    s = {s.q + h * dH.p, s.p, s.x, s.y - h * dH.q};
  };
  const auto flow_binding = [&](double h) {
    const double cosine = std::cos(2 * options.binding * h), sine = std::sin(2 * options.binding * h);
    const Tensor sum_q = s.q + s.x, sum_p = s.p + s.y;
    const Tensor q = s.q - s.x, p = s.p - s.y;
    const Tensor turned_q = cosine * q + sine * p, turned_p = cosine * p - sine * q;
    s = {0.5 * (sum_q + turned_q), 0.5 * (sum_p + turned_p), 0.5 * (sum_q - turned_q),
         0.5 * (sum_p - turned_p)};
  };
  flow_qy(dt / 2);
  flow_xp(dt / 2);
  flow_binding(dt);
  flow_xp(dt / 2);
  flow_qy(dt / 2);
  return s;
}

}  // namespace hamgen::model
