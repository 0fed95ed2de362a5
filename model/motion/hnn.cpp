#include "model/motion/hnn.hpp"

#include "model/base/random.hpp"
#include "model/dynamics/integrators.hpp"
#include "model/dynamics/mlp_dynamics.hpp"
#include "model/networks/layers.hpp"

namespace hamgen::model {

std::vector<schemas::Field> Hnn::fields() {
  using namespace schemas;
  return {
      integers("hnn.hidden", {200, 200}, "", "units of each hidden layer, tanh")
          .at_least(1)
          .at_most(65536)
          .items(1, 16),
      integer("data.points", 0, "frame",
              "points of each trajectory in a step, one after the other; null: all")
          .at_least(1)
          .or_automatic(),
      text("integrator.method", "dopri5", "scheme of rollouts").one_of(stepper_names(false)),
      real("integrator.tolerance", 1e-7, "", "of a step's error, absolute and relative; dopri5").above(0),
      integer("integrator.substeps", 1, "", "steps of the scheme between two frames")
          .at_least(1)
          .at_most(1000),
  };
}

Hnn::Hnn(const schemas::Settings& settings, const DataShape& shape, Kind kind)
    : points_(settings.is_automatic("data.points") ? 0 : settings.integer("data.points")),
      stepper_(settings.text("integrator.method")),
      substeps_(settings.integer("integrator.substeps")) {
  if (points_ > shape.frames)
    throw schemas::FieldError("data.points = " + std::to_string(points_) +
                              " is not allowed: the dataset's trajectories have " +
                              std::to_string(shape.frames) + " frames");
  stepper_options_.tolerance = settings.real("integrator.tolerance");
  Initializer initializer(settings);
  const auto hidden = settings.integers("hnn.hidden");
  if (kind == Kind::hamiltonian)
    dynamics_ = register_module("hamiltonian", MlpHamiltonian(shape.coordinates, hidden, initializer)).get();
  else
    dynamics_ = register_module("field", MlpField(shape.coordinates, hidden, initializer)).get();
}

std::int64_t Hnn::training_frames(const DataShape& shape) const {
  return points_ == 0 ? shape.frames : points_;
}

Tensor Hnn::squared_errors(const Batch& batch) const {
  const PhaseSpace rate = dynamics_->rate({batch.q.flatten(0, 1), batch.p.flatten(0, 1)});
  const Tensor error = at::cat({rate.q - batch.dq_dt.flatten(0, 1), rate.p - batch.dp_dt.flatten(0, 1)}, 1);
  return error.square().mean(1).view({batch.q.size(0), batch.q.size(1)});
}

LossTerms Hnn::loss(const Batch& batch, const StepContext&) {
  LossTerms terms;
  terms.loss = squared_errors(batch).mean();
  terms.averaged = {{"mse", terms.loss.detach()}};
  return terms;
}

Validation Hnn::validate(const Batch& batch) {
  const at::NoGradGuard no_grad;
  Validation validation;
  validation.error = squared_errors(batch).mean(1);
  if (const auto* const hamiltonian = dynamic_cast<const Hamiltonian*>(dynamics_))
    validation.energy = hamiltonian->energy(batch.q_exact.flatten(0, 1), batch.p_exact.flatten(0, 1))
                            .view({batch.q.size(0), batch.q.size(1)});
  return validation;
}

std::vector<PhaseSpace> Hnn::rollout(const PhaseSpace& start, std::int64_t count, double dt) const {
  StepperOptions options = stepper_options_;
  options.dt = dt;
  return model::rollout(stepper_, *dynamics_, start, count, options, substeps_);
}

}  // namespace hamgen::model
