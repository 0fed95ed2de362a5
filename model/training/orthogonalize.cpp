#include "model/training/orthogonalize.hpp"

namespace hamgen::model {

Tensor orthogonalized(const Tensor& matrix) {
  constexpr double linear = 3.4445, cubic = -4.7750, quintic = 2.0315;
  constexpr int iterations = 5;
  const bool is_tall = matrix.size(0) > matrix.size(1);
  const Tensor wide = (is_tall ? matrix.t() : matrix) / (matrix.norm() + 1e-12);
  // X <- p(X X^T) X with one polynomial p: all of it is done to the small Gram matrix, and the factors, which
  // commute, meet X once, at the end.
  Tensor gram = at::mm(wide, wide.t()), factor;
  for (int i = 0; i < iterations; ++i) {
    Tensor step = at::addmm(gram, gram, gram, cubic, quintic);
    step.diagonal().add_(linear);
    factor = i == 0 ? step : at::mm(step, factor);
    if (i + 1 < iterations) gram = at::mm(at::mm(step, gram), step);
  }
  const Tensor orthogonal = at::mm(factor, wide);
  return is_tall ? orthogonal.t() : orthogonal;
}

}  // namespace hamgen::model
