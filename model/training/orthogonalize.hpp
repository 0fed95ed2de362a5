// The nearest orthogonal matrix, roughly: what Muon's steps are made of.
#pragma once

#include "model/base/torch.hpp"

namespace hamgen::model {

// U V^T of the matrix' singular value decomposition U S V^T, but for singular values between 0.7 and 1.2
// where those of the matrix are above some 1/500 of its Frobenius norm: five steps of a quintic Newton-Schulz
// iteration (Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks"). matrix: [R, C],
// f32; [R, C].
Tensor orthogonalized(const Tensor& matrix);

}  // namespace hamgen::model
