// The rollout whose gradients are written out, against the same scheme through automatic differentiation.
#include "model/dynamics/rollout.hpp"

#include <doctest/doctest.h>

#include <map>

#include "model/dynamics/leapfrog.hpp"
#include "model/dynamics/learned_hamiltonian.hpp"

using namespace hamgen::model;
namespace schemas = hamgen::schemas;

namespace {

const LatentShape image = LatentShape::image(3), vector = LatentShape::vector(5);

Tensor random_states(std::int64_t count, at::ScalarType type, std::uint64_t seed,
                     const LatentShape& shape = image) {
  auto generator = make_generator(seed);
  return at::randn({count, shape.channels, shape.size, shape.size}, generator, at::TensorOptions(at::kDouble))
      .to(type);
}

LearnedHamiltonian hamiltonian(const std::map<std::string, schemas::Value>& changes,
                               const LatentShape& shape = image) {
  const auto fields = LearnedHamiltonianImpl::fields();
  hamgen::schemas::Settings settings(fields);
  for (const auto& [path, value] : changes)
    settings.set(*std::ranges::find(fields, path, &hamgen::schemas::Field::path), value);
  Initializer initializer(5);
  LearnedHamiltonian made(settings, shape, initializer);
  for (const Tensor& parameter : made->parameters())
    if (parameter.dim() == 1) parameter.detach().uniform_(-0.5, 0.5);
  return made;
}

using List = std::vector<double>;
const std::map<std::string, schemas::Value> dense{{"hamiltonian.network", std::string("dense")},
                                                  {"hamiltonian.filters", List{20, 33}},
                                                  {"hamiltonian.scale", 4.0}};
const std::map<std::string, schemas::Value> convolutional{{"hamiltonian.filters", List{8, 20, 33}}};
const std::map<std::string, schemas::Value> authors{{"hamiltonian.form", std::string("natural")},
                                                    {"hamiltonian.filters", List{8, 16, 16, 5}},
                                                    {"hamiltonian.kernels", List{3, 2, 2, 1}},
                                                    {"hamiltonian.strides", List{1, 2, 1, 1}}};

const std::map<std::string, schemas::Value> summed{{"hamiltonian.filters", List{8, 20}},
                                                   {"hamiltonian.readout", std::string("sum")}};
const std::map<std::string, schemas::Value> dense_summed{{"hamiltonian.network", std::string("dense")},
                                                         {"hamiltonian.form", std::string("natural")},
                                                         {"hamiltonian.filters", List{20, 33}},
                                                         {"hamiltonian.readout", std::string("sum")}};

double largest(const Tensor& x) {
  return x.abs().max().item<double>();
}

// Value and gradients, of the start and the parameters, of a sum over a trajectory.
std::vector<Tensor> gradients_of(LearnedHamiltonian H, const PhaseSpace& start, const PhaseSpace& states) {
  const Tensor weights_q = at::linspace(-1, 2, states.q.numel(), start.q.options()).view(states.q.sizes()),
               weights_p = at::linspace(1, -1, states.p.numel(), start.q.options()).view(states.p.sizes());
  std::vector<Tensor> inputs = H->parameters();
  inputs.insert(inputs.end(), {start.q, start.p});
  return torch::autograd::grad({(states.q * weights_q).sum() + (states.p * weights_p).sum()}, inputs, {}, {},
                               false, true);
}

void check_equal(const std::vector<Tensor>& a, const std::vector<Tensor>& b, double tolerance) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!a[i].defined() || !b[i].defined()) {  // of the last bias, on which no force depends
      CHECK((!b[i].defined() || largest(b[i]) == 0));
      continue;
    }
    CHECK(largest(a[i] - b[i]) <= tolerance * std::max(largest(b[i]), 1e-3));
  }
}

PhaseSpace stacked(const std::vector<PhaseSpace>& states) {
  std::vector<Tensor> q, p;
  for (const PhaseSpace& state : states) {
    q.push_back(state.q);
    p.push_back(state.p);
  }
  return {at::stack(q, 1), at::stack(p, 1)};
}

}  // namespace

TEST_CASE(
    "states and gradients are automatic differentiation's, for every network, type and kind of memory") {
  const std::vector<std::pair<std::map<std::string, schemas::Value>, LatentShape>> all{
      {dense, image},        {convolutional, image}, {authors, image},      {summed, image},
      {dense_summed, image}, {dense, vector},        {dense_summed, vector}};
  for (const auto& [changes, shape] : all)
    for (const at::ScalarType type : {at::kDouble, at::kFloat}) {
      LearnedHamiltonian H = hamiltonian(changes, shape);
      H->to(type);
      const PhaseSpace start{random_states(9, type, 1, shape).requires_grad_(),
                             random_states(9, type, 2, shape).requires_grad_()};
      RolloutPlan plan;
      plan.substeps = 2;
      plan.options.dt = 0.2;
      const PhaseSpace expected = stacked(rollout("leapfrog", *H, start, 7, plan.options, plan.substeps));
      const auto of_expected = gradients_of(H, start, expected);
      for (const Memory memory : {Memory::stored, Memory::checkpointed, Memory::reversible}) {
        CAPTURE(static_cast<int>(memory));
        plan.memory = memory;
        const PhaseSpace states = stacked_rollout(*H, start, 7, plan, H->parameters());
        CHECK(states.q.sizes() == expected.q.sizes());
        const double tolerance = type == at::kDouble ? 1e-12 : 1e-5;
        CHECK(largest(states.q - expected.q) < tolerance);
        CHECK(largest(states.p - expected.p) < tolerance);
        check_equal(gradients_of(H, start, states), of_expected, 10 * tolerance);
      }
    }
}

TEST_CASE("stepping back through 300 steps gives the gradients of stored ones to 1e-5") {
  LearnedHamiltonian H = hamiltonian(convolutional);
  const PhaseSpace start{random_states(4, at::kFloat, 1).requires_grad_(),
                         random_states(4, at::kFloat, 2).requires_grad_()};
  RolloutPlan plan;
  plan.options.dt = 0.125;
  std::vector<Tensor> of_stored;
  for (const Memory memory : {Memory::stored, Memory::checkpointed, Memory::reversible}) {
    plan.memory = memory;
    const auto gradients = gradients_of(H, start, stacked_rollout(*H, start, 301, plan, H->parameters()));
    if (memory == Memory::stored) of_stored = gradients;
    check_equal(gradients, of_stored, memory == Memory::checkpointed ? 0 : 1e-5);
  }
}

TEST_CASE("a trajectory of one frame is its start") {
  LearnedHamiltonian H = hamiltonian(dense);
  const PhaseSpace start{random_states(2, at::kFloat, 1).requires_grad_(),
                         random_states(2, at::kFloat, 2).requires_grad_()};
  for (const Memory memory : {Memory::stored, Memory::checkpointed, Memory::reversible}) {
    RolloutPlan plan;
    plan.memory = memory;
    const PhaseSpace states = stacked_rollout(*H, start, 1, plan, H->parameters());
    CHECK(states.q.select(1, 0).equal(start.q));
    const auto gradients = torch::autograd::grad({states.q.sum()}, {start.q, start.p}, {}, {}, false, true);
    CHECK(gradients[0].equal(at::ones_like(start.q)));
    CHECK((!gradients[1].defined() || largest(gradients[1]) == 0));
  }
}

TEST_CASE("schemes without gradients written out take the plain rollout") {
  LearnedHamiltonian H = hamiltonian(dense);
  CHECK(is_written_out("leapfrog", *H));
  CHECK(!is_written_out("rk4", *H));
  CHECK(!is_written_out("leapfrog", *hamiltonian({{"hamiltonian.form", std::string("joint")}})));
  RolloutPlan plan;
  plan.method = "rk4";
  const PhaseSpace start{random_states(2, at::kFloat, 1), random_states(2, at::kFloat, 2)};
  const PhaseSpace states = stacked_rollout(*H, start, 4, plan, {}),
                   expected = stacked(rollout("rk4", *H, start, 4, plan.options, 1));
  CHECK(states.p.equal(expected.p));
}

TEST_CASE("what a node keeps for its backward pass is freed with the graph") {
  LearnedHamiltonian H = hamiltonian(dense);
  const Tensor q = random_states(2, at::kFloat, 1).flatten(1).requires_grad_(),
               p = random_states(2, at::kFloat, 2).flatten(1).requires_grad_();
  const auto is_freed = [](Tensor result) {
    const c10::weak_intrusive_ptr<c10::TensorImpl> watched(result.getIntrusivePtr());
    result.reset();
    return watched.expired();
  };
  CHECK(is_freed(leapfrog_flow({H->separable_weights()}, {q, p}, 2, 0.1).q));
  CHECK(is_freed(leapfrog_flow({H->separable_weights()}, {q, p}, 2, 0.1).p));
  for (const Memory memory : {Memory::stored, Memory::checkpointed, Memory::reversible})
    CHECK(is_freed(leapfrog_rollout(H->separable_weights(), at::cat({q, p}, 1), {4, 1, 0.1, memory})));
}
