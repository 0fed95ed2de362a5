#include "model/dynamics/energy_statistics.hpp"

namespace hamgen::model {

Tensor EnergyStatistics::drift() const {
  return deviation / spread;
}

EnergyStatistics energy_statistics(const Tensor& energy) {
  const Tensor start = energy.select(1, 0);
  return {energy.mean(), (energy - start.unsqueeze(1)).square().mean().sqrt(), start.std(/*unbiased=*/false)};
}

}  // namespace hamgen::model
