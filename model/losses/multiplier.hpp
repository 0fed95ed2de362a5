// The multiplier of a constraint that training has to keep. Source: Rezende, Viola 2018, arXiv:1810.00597.
#pragma once

#include <vector>

#include "model/base/torch.hpp"
#include "schemas/field.hpp"

namespace hamgen::model {

// GECO's multiplier of a constraint C <= 0, which it grows with while C's moving average is positive.
// Buffers, so that it is saved and restored with the model.
class MultiplierImpl : public torch::nn::Module {
 public:
  static std::vector<schemas::Field> fields();
  explicit MultiplierImpl(const schemas::Settings& settings);

  // After each step, with that step's C in units in which 1 is a large violation: [].
  void update(const Tensor& constraint);

  Tensor multiplier, average;  // lambda and the moving average of C, [] each

 private:
  double decay_, rate_, lowest_, highest_;
};
TORCH_MODULE(Multiplier);

}  // namespace hamgen::model
