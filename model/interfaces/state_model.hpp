// A model of states: it learns the law of motion from true states and their derivatives. What evaluation
// needs.
#pragma once

#include <vector>

#include "model/dynamics/hamiltonian.hpp"
#include "model/interfaces/model.hpp"

namespace hamgen::model {

class StateModel : public Model {
 public:
  Observation observation() const final { return Observation::states; }
  virtual const Dynamics& dynamics() const = 0;
  // States after 0, ..., count - 1 intervals of dt, [B, D] each, in the type of `start` (double for
  // exactness).
  virtual std::vector<PhaseSpace> rollout(const PhaseSpace& start, std::int64_t count, double dt) const = 0;
};

}  // namespace hamgen::model
