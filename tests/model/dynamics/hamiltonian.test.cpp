// The learned Hamiltonian in its three forms: gradients, what depends on what, and invariances.
#include "model/dynamics/hamiltonian.hpp"

#include <doctest/doctest.h>

#include "model/dynamics/learned_hamiltonian.hpp"
#include "model/networks/nets.hpp"
#include "tests/model/small_dataset.hpp"

using namespace hamgen;
using namespace hamgen::model;

namespace {

LearnedHamiltonian make(const apps::Json& changes) {
  Initializer initializer(7);
  LearnedHamiltonian hamiltonian(tests::small_config({{"hamiltonian", changes}}).settings,
                                 LatentShape::image(2), initializer);
  hamiltonian->to(at::kDouble);
  return hamiltonian;
}

Tensor state(std::uint64_t seed) {
  auto generator = make_generator(seed);
  return at::empty({3, 2, latent_size, latent_size}, at::kDouble).normal_(0, 1, generator);
}

}  // namespace

TEST_CASE("gradients of every form equal finite differences") {
  for (const char* form : {"separable", "natural", "joint"})
    for (const auto& [network, readout] :
         {std::pair{"dense", "learned"}, {"convolutional", "learned"}, {"convolutional", "sum"}}) {
      CAPTURE(form);
      CAPTURE(network);
      CAPTURE(readout);
      const auto hamiltonian =
          make({{"form", form}, {"network", network}, {"readout", readout}, {"filters", {8, 8}}});
      const Tensor q = state(1), p = state(2), direction = state(3);
      constexpr double h = 1e-6;
      const Tensor along_q =
          (hamiltonian->energy(q + h * direction, p) - hamiltonian->energy(q - h * direction, p)) / (2 * h);
      const Tensor along_p =
          (hamiltonian->energy(q, p + h * direction) - hamiltonian->energy(q, p - h * direction)) / (2 * h);
      const auto dot = [&](const Tensor& x) { return (x * direction).flatten(1).sum(1); };
      CHECK(at::allclose(dot(hamiltonian->dH_dq(q, p)), along_q, 1e-6, 1e-8));
      CHECK(at::allclose(dot(hamiltonian->dH_dp(q, p)), along_p, 1e-6, 1e-8));
      const PhaseSpace both = hamiltonian->gradients(q, p);
      CHECK(at::allclose(both.q, hamiltonian->dH_dq(q, p), 1e-12, 1e-12));
      CHECK(at::allclose(both.p, hamiltonian->dH_dp(q, p), 1e-12, 1e-12));
    }
}

TEST_CASE("a separable H does not mix q and p; natural is V + p.p / 2") {
  const Tensor q = state(1), p = state(2), other = state(3);
  const auto separable = make({{"form", "separable"}});
  CHECK(at::equal(separable->dH_dq(q, p), separable->dH_dq(q, other)));
  CHECK(at::equal(separable->dH_dp(q, p), separable->dH_dp(other, p)));
  const auto natural = make({{"form", "natural"}});
  CHECK(at::equal(natural->dH_dp(q, p), p));
  const Tensor kinetic = natural->energy(q, p) - natural->energy(q, at::zeros_like(p));
  CHECK(at::allclose(kinetic, 0.5 * p.square().flatten(1).sum(1), 1e-10, 1e-10));
}

TEST_CASE("sequences of a batch do not see each other") {
  const auto hamiltonian = make({{"form", "joint"}});
  const Tensor q = state(1), p = state(2);
  const Tensor together = hamiltonian->dH_dq(q, p);
  CHECK(at::allclose(together.slice(0, 1, 2), hamiltonian->dH_dq(q.slice(0, 1, 2), p.slice(0, 1, 2)), 1e-12,
                     1e-12));
}

TEST_CASE("without gradient recording, nothing is recorded") {
  const auto hamiltonian = make({{"form", "natural"}});
  const at::NoGradGuard no_grad;
  CHECK(!hamiltonian->dH_dq(state(1), state(2)).requires_grad());
}

TEST_CASE("kernels and strides are one for all layers or one for each") {
  // The stack that the authors describe: 32 k3 s1, 64 k2 s2, 64 k2 s1 twice, 1 k2 s2.
  CHECK_NOTHROW(make({{"network", "convolutional"},
                      {"filters", {32, 64, 64, 64}},
                      {"kernels", {3, 2, 2, 2}},
                      {"strides", {1, 2, 1, 1}}}));
  CHECK_THROWS_WITH_AS(make({{"network", "convolutional"}, {"filters", {8, 8, 8}}, {"kernels", {3, 2}}}),
                       doctest::Contains("hamiltonian.kernels has 2 items"), schemas::FieldError);
}
