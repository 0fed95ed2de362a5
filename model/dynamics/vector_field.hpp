// A law of motion that is no Hamiltonian's: one network of (q, p) that gives dq/dt and dp/dt. It has the
// layers of the learned Hamiltonian's network, and 2 C outputs in place of one energy.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "model/dynamics/hamiltonian.hpp"
#include "model/networks/latent_shape.hpp"
#include "model/networks/layers.hpp"
#include "schemas/field.hpp"

namespace hamgen::model {

// q and p: [B, C, 4, 4] each, or vectors, [B, C, 1, 1].
class VectorFieldImpl : public torch::nn::Module, public Dynamics {
 public:
  static std::vector<schemas::Field> fields();
  VectorFieldImpl(const schemas::Settings& settings, const LatentShape& q, Initializer& initializer);
  PhaseSpace rate(const PhaseSpace& state) const override;
  std::string output_layer() const {
    return std::to_string(std::max(convolutions_.size(), dense_.size()) - 1);
  }

 private:
  std::vector<Conv> convolutions_;  // of one of the two kinds
  std::vector<Dense> dense_;
  double scale_;
};
TORCH_MODULE(VectorField);

}  // namespace hamgen::model
