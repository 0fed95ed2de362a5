// The mean of the gradients over the processes that train together, while the backward pass still computes:
// the flat gradient is cut into buckets, and a bucket's sum begins when the last of its parameters has its
// gradient (Li et al. 2020, doi:10.14778/3415478.3415530).
#pragma once

#include "model/training/optimizer.hpp"
#include "model/training/process_group.hpp"

namespace hamgen::model {

class GradientSum {
 public:
  // Parameters of `module`, in their order, are views of `parameters`.
  GradientSum(torch::nn::Module& module, const FlatParameters& parameters,
              std::shared_ptr<ProcessGroup> group);
  ~GradientSum();
  GradientSum(const GradientSum&) = delete;
  GradientSum& operator=(const GradientSum&) = delete;

  // Before the backward pass.
  void begin();
  // After it: gradients are the mean, and so are `scalars`, [n].
  void finish(Tensor scalars);

 private:
  struct State;
  std::shared_ptr<State> state_;  // the graph's hooks know it, too
};

}  // namespace hamgen::model
