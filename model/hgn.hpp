// The Hamiltonian Generative Network (sec. 3.2, A.1): frames -> posterior of z -> f_psi -> state (q, p) at
// the first frame -> roll-out through the learned Hamiltonian -> frames decoded from q alone.
#pragma once

#include "model/integrators.hpp"
#include "model/model.hpp"
#include "model/nets.hpp"
#include "model/objective.hpp"

namespace hamgen::model {

class Hgn : public Model {
 public:
  static std::vector<schemas::Field> fields();
  Hgn(const schemas::Settings& settings, const DataShape& shape);

  LossTerms loss(const Tensor& frames, const StepContext& context) override;
  void after_step(const LossTerms& terms) override;
  Rollout reconstruct(const Tensor& frames, std::int64_t count) override;
  Rollout sample(std::int64_t sequences, std::int64_t count, std::uint64_t seed) override;

  // pixels: [B, context, 3, S, S] in units of 255.
  Posterior encode(const Tensor& pixels) const;
  PhaseSpace start(const Tensor& z) const;  // f_psi
  std::vector<PhaseSpace> roll_out(const PhaseSpace& start, std::int64_t frames, double speed = 1) const;
  Tensor decode(const Tensor& q) const;  // [N, C, 4, 4] -> [N, 3, S, S]
  const Hamiltonian& hamiltonian() const { return *hamiltonian_; }

 private:
  Tensor draw(const Posterior& posterior, const StepContext& context) const;
  Tensor energies(const std::vector<PhaseSpace>& states) const;  // [B, T]
  Rollout show(const std::vector<PhaseSpace>& states) const;

  DataShape shape_;
  std::int64_t context_, decoded_frames_, q_channels_, z_channels_;
  bool is_deterministic_;
  std::string stepper_;
  StepperOptions stepper_options_;
  std::int64_t substeps_;
  at::ScalarType precision_;

  Encoder encoder_{nullptr};
  Transform transform_{nullptr};
  LearnedHamiltonian hamiltonian_{nullptr};
  Decoder decoder_{nullptr};
  Objective objective_{nullptr};
  Tensor pixel_mean_, pixel_std_;  // [3, 1, 1]
};

}  // namespace hamgen::model
