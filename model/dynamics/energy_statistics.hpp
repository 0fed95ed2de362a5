// How well rollouts keep an energy: what is logged of a training, and what an evaluation says.
#pragma once

#include "model/base/torch.hpp"

namespace hamgen::model {

// Of the learned energy E_t along rollouts, in the model's own units.
struct EnergyStatistics {
  Tensor mean;       // over trajectories and time
  Tensor deviation;  // root mean square of E_t - E_0
  Tensor spread;     // standard deviation of E_0 across trajectories
  // Deviation / spread: 0 where energy is conserved, however the model scales it. A collapsed Hamiltonian,
  // the same for all states, has no spread and gives NaN.
  Tensor drift() const;
};
EnergyStatistics energy_statistics(const Tensor& energy);  // [B, T], B > 1 for a spread

}  // namespace hamgen::model
