// The Hamiltonian Neural Network (Greydanus et al. 2019, arXiv:1906.01563; A.3): H(q, p) learned from true
// states and their derivatives. Its loss is eq. 12, as the mean over points and all 2 D coordinates:
//
//   mean |(dH/dp, -dH/dq) - (dq/dt, dp/dt)|^2
//
// at the observed (noisy) state; the derivatives are the exact ones. "baseline_mlp" is the same network with
// dq/dt and dp/dt as outputs, trained alike: what a Hamiltonian adds is the difference.
#pragma once

#include "model/dynamics/rollout.hpp"
#include "model/interfaces/state_model.hpp"

namespace hamgen::model {

class Hnn : public StateModel {
 public:
  enum class Kind { hamiltonian, baseline };
  static std::vector<schemas::Field> fields();
  Hnn(const schemas::Settings& settings, const DataShape& shape, Kind kind);

  std::int64_t training_frames(const DataShape& shape) const override;
  LossTerms loss(const Batch& batch, const StepContext& context) override;
  Validation validate(const Batch& batch) override;
  const Dynamics& dynamics() const override { return *dynamics_; }
  std::vector<PhaseSpace> rollout(const PhaseSpace& start, std::int64_t count, double dt) const override;

 private:
  // [B, T], of the derivatives, the mean over coordinates.
  Tensor squared_errors(const Batch& batch) const;

  std::int64_t points_;  // of each window; 0: all
  std::string stepper_;
  StepperOptions stepper_options_;
  std::int64_t substeps_;
  const Dynamics* dynamics_ = nullptr;  // one of the registered modules
};

}  // namespace hamgen::model
