#include "model/training/orthogonalize.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace hamgen::model;
using at::Tensor;

namespace {
// Orthonormal columns, (rows, columns), double precision.
Tensor orthonormal(int rows, int columns) {
  return std::get<0>(at::linalg_qr(at::randn({rows, columns}, at::kDouble)));
}
}  // namespace

TEST_CASE(
    "an orthogonalized matrix keeps the directions of the matrix' singular vectors and gives each one "
    "weight") {
  // What one rounding of the matrix becomes: a small singular value grows 3.4445-fold in each of five iterations.
  const double amplified = std::pow(3.4445, 5) * std::numeric_limits<float>::epsilon();
  for (const auto& [rows, columns] : {std::pair{24, 24}, {16, 60}, {60, 16}}) {
    CAPTURE(rows);
    const int rank = std::min(rows, columns);
    const Tensor u = orthonormal(rows, rank), v = orthonormal(columns, rank);
    const Tensor matrix = at::mm(u * at::logspace(0, -2, rank, 10, at::kDouble), v.t());
    const Tensor orthogonal = orthogonalized(matrix);
    REQUIRE(orthogonal.sizes() == at::IntArrayRef{rows, columns});
    const Tensor inner = at::mm(at::mm(u.t(), orthogonal), v);
    CHECK(inner.diagonal().min().item<double>() > 0.65);
    CHECK(inner.diagonal().max().item<double>() < 1.25);
    CHECK((inner - at::diag(inner.diagonal())).abs().max().item<double>() < 1e-10);
    CHECK(at::allclose(at::mm(u, at::mm(inner, v.t())), orthogonal, 0, 1e-10));

    const Tensor single = orthogonalized(matrix.to(at::kFloat));
    CHECK((single - orthogonal).abs().max().item<double>() < 8 * amplified);
  }
  CHECK(orthogonalized(at::zeros({16, 20})).abs().max().item<float>() == 0);
}
