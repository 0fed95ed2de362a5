#include "model/training/orthogonalize.hpp"

#include <doctest/doctest.h>

using namespace hamgen::model;
using at::Tensor;

TEST_CASE(
    "an orthogonalized matrix keeps the directions of the matrix' singular vectors and gives each one "
    "weight") {
  for (const auto& [rows, columns] : {std::pair{24, 24}, {16, 60}, {60, 16}}) {
    CAPTURE(rows);
    const std::int64_t rank = std::min(rows, columns);
    const Tensor u = std::get<0>(at::linalg_qr(at::randn({rows, rank}))),
                 v = std::get<0>(at::linalg_qr(at::randn({columns, rank})));
    const Tensor weights = at::logspace(0, -2, rank);
    const Tensor orthogonal = orthogonalized(at::mm(u * weights, v.t()));
    REQUIRE(orthogonal.sizes() == at::IntArrayRef{rows, columns});
    const Tensor inner = at::mm(at::mm(u.t(), orthogonal), v);
    CHECK(inner.diagonal().min().item<float>() > 0.65F);
    CHECK(inner.diagonal().max().item<float>() < 1.25F);
    CHECK((inner - at::diag(inner.diagonal())).abs().max().item<float>() < 1e-4F);
    CHECK(at::allclose(at::mm(u, at::mm(inner, v.t())), orthogonal, 1e-4, 1e-4));
  }
  CHECK(orthogonalized(at::zeros({16, 20})).abs().max().item<float>() == 0);
}
