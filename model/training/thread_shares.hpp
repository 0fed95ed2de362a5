// A step's loss by several threads of one process: each computes a share of the batch, forward and backward, as one
// process of several would. The threads meet once a step, and not after every operator, at which the fastest would
// wait for the slowest: what that costs, and how much more where other programs take a core now and then, is in
// docs/performance.md.
#pragma once

#include "model/interfaces/model.hpp"

namespace hamgen::model {

// Into how many shares `rows` of a batch are cut: one for each thread, or 1, where the operators themselves use all
// threads: on a GPU, and where threads and rows do not go together.
std::int64_t thread_shares(const at::Device& device, std::int64_t rows);

// The mean of the shares' losses and scalars; its gradient is added to the parameters' own, in the order of the
// shares. `context`: of the whole batch, which no other process has a share of. Throws what Model::loss() throws.
LossTerms loss_of_shares(Model& model, const Batch& batch, const StepContext& context, std::int64_t shares);

}  // namespace hamgen::model
