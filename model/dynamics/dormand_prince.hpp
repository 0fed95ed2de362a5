// Dormand and Prince's embedded Runge-Kutta pair of orders 5 and 4 for a batch of states that share their
// steps, doi:10.1016/0771-050X(80)90013-3. The error of a step, the largest over the batch, stays below
// tolerance (1 + |x|) in each coordinate; a step that would have to be shorter than 1/1024 of the interval is
// taken all the same, so that it always ends.
#pragma once

#include "model/dynamics/stepper.hpp"

namespace hamgen::model {

class DormandPrince : public Stepper {
 public:
  DormandPrince(const Dynamics& dynamics, const StepperOptions& options);
  // One interval of dt, in as many steps as it takes.
  PhaseSpace step(const PhaseSpace& state) override;

 private:
  struct Attempt {
    PhaseSpace end, end_rate;
    double error = 0;  // of 1, the tolerance
  };
  Attempt attempt(const PhaseSpace& state, const PhaseSpace& rate, double h) const;

  const Dynamics& dynamics_;
  double dt_, tolerance_;
  double fraction_ = 1;  // of dt: the length of the next step
};

}  // namespace hamgen::model
