// Numerical integration of Hamilton's equations dq/dt = dH/dp, dp/dt = -dH/dq for a batch of states, through
// any Hamiltonian, learned or known; euler, rk4 and dopri5 take any other law of motion, too. Steps are
// differentiable where autograd records.
//
//   euler      q += dt H_p, p -= dt H_q, both at the old state            order 1   eq. 16, 17
//   rk4        the classical Runge-Kutta scheme                           order 4   eq. 18 to 22
//   dopri5     Dormand-Prince 5(4), steps as short as the tolerance asks  order 5   adaptive
//   leapfrog   kick dt/2, drift dt, kick dt/2; H = V(q) + K(p)            order 2   eq. 24, 25; symplectic
//   yoshida4   three leapfrogs of w1, w0, w1                              order 4   symplectic
//   tao        explicit for any H, in an extended phase space             order 2   symplectic there
//
// Sources: Toth et al. 2020, A.5; Dormand, Prince 1980, doi:10.1016/0771-050X(80)90013-3; Yoshida 1990,
// doi:10.1016/0375-9601(90)90092-3; Tao 2016, doi:10.1103/PhysRevE.94.043303.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "model/dynamics/stepper.hpp"

namespace hamgen::model {

struct StepperDescriptor {
  std::string name;
  int order = 1;
  bool is_symplectic = false;  // tao: in its extended phase space
  bool needs_hamiltonian = false;
  bool needs_separable = false;
  std::string help = {};
  // The law of motion is a Hamiltonian where the scheme needs one.
  std::unique_ptr<Stepper> (*make)(const Dynamics&, const StepperOptions&) = nullptr;
};
const std::vector<StepperDescriptor>& steppers();

// The names of all schemes that a law of motion of this kind allows.
std::vector<std::string> stepper_names(bool is_hamiltonian, bool is_separable = true);

// Throws schemas::FieldError for a scheme that this law of motion does not allow. The law must outlive it.
std::unique_ptr<Stepper> make_stepper(const std::string& name, const Dynamics& dynamics,
                                      const StepperOptions& options);

// Tao's phase space (q, p, x, y): two copies of the state, bound to each other.
struct ExtendedState {
  Tensor q, p, x, y;
};
ExtendedState tao_step(const Hamiltonian& hamiltonian, ExtendedState state, const StepperOptions& options);

}  // namespace hamgen::model
