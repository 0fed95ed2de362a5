// Steppers over Hamiltonians with known solutions, in double precision: order of convergence, reversibility,
// volume and the symplectic form; and what makes them cheap and trainable.
#include "model/dynamics/integrators.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "model/dynamics/learned_hamiltonian.hpp"
#include "model/dynamics/rollout.hpp"

using namespace hamgen::model;

namespace {

Tensor row(std::vector<double> values) {
  return at::tensor(values, at::kDouble).view({1, -1});
}

// H = p^2 / 2 + 1 - cos q, summed over the coordinates.
class Pendulums : public Hamiltonian {
 public:
  bool is_separable() const override { return true; }
  Tensor energy(const Tensor& q, const Tensor& p) const override {
    return (0.5 * p.square() + 1 - q.cos()).sum(1);
  }
  Tensor dH_dq(const Tensor& q, const Tensor& p) const override {
    ++gradients_of_potential;
    return Hamiltonian::dH_dq(q, p);
  }
  mutable int gradients_of_potential = 0;
};

// H = (q^2 + 1) (p^2 + 1) / 2: not separable; the test problem of Tao 2016.
class Coupled : public Hamiltonian {
 public:
  bool is_separable() const override { return false; }
  Tensor energy(const Tensor& q, const Tensor& p) const override {
    return (0.5 * (q.square() + 1) * (p.square() + 1)).sum(1);
  }
};

const Hamiltonian& hamiltonian_for(const StepperDescriptor& stepper) {
  static const Pendulums pendulums;
  static const Coupled coupled;
  return stepper.needs_separable ? static_cast<const Hamiltonian&>(pendulums) : coupled;
}

PhaseSpace advanced(const std::string& name, const Hamiltonian& hamiltonian, PhaseSpace state, double time,
                    int steps) {
  StepperOptions options;
  options.dt = time / steps;
  return rollout(name, hamiltonian, std::move(state), steps + 1, options).back();
}

double distance(const PhaseSpace& a, const PhaseSpace& b) {
  return std::max((a.q - b.q).abs().max().item<double>(), (a.p - b.p).abs().max().item<double>());
}

// The Jacobian of a map of one stacked state [1, N] to another.
Tensor jacobian(const std::function<Tensor(const Tensor&)>& map, const Tensor& at_x) {
  const Tensor x = at_x.clone().requires_grad_();
  const Tensor y = map(x);
  std::vector<Tensor> rows;
  for (std::int64_t i = 0; i < y.size(1); ++i)
    rows.push_back(torch::autograd::grad({y[0][i]}, {x}, {}, /*retain_graph=*/true)[0].view({-1}));
  return at::stack(rows);
}

Tensor symplectic_form(std::int64_t n) {
  const Tensor zero = at::zeros({n, n}, at::kDouble), one = at::eye(n, at::kDouble);
  return at::cat({at::cat({zero, one}, 1), at::cat({-one, zero}, 1)});
}

double largest(const Tensor& x) {
  return x.abs().max().item<double>();
}

}  // namespace

TEST_CASE("each stepper converges at its order") {
  for (const auto& stepper : steppers()) {
    CAPTURE(stepper.name);
    const Hamiltonian& hamiltonian = hamiltonian_for(stepper);
    const PhaseSpace start{row({0.9}), row({0.4})};
    const PhaseSpace exact = advanced("rk4", hamiltonian, start, 1, 4000);
    const int steps = stepper.order == 1 ? 400 : 40;
    const double coarse = distance(advanced(stepper.name, hamiltonian, start, 1, steps), exact);
    const double fine = distance(advanced(stepper.name, hamiltonian, start, 1, 2 * steps), exact);
    CHECK(std::log2(coarse / fine) == doctest::Approx(stepper.order).epsilon(0.12));
    CHECK(fine < 0.01);
  }
}

TEST_CASE("symplectic steppers come back to the start to round-off, backward") {
  for (const auto& stepper : steppers()) {
    if (!stepper.is_symplectic || !stepper.needs_separable) continue;
    CAPTURE(stepper.name);
    const Pendulums hamiltonian;
    const PhaseSpace start{row({0.9, -2.0, 0.1}), row({0.4, 1.0, -1.5})};
    const PhaseSpace end = advanced(stepper.name, hamiltonian, start, 12.5, 100);
    CHECK(distance(advanced(stepper.name, hamiltonian, end, -12.5, 100), start) < 1e-13);
  }
}

TEST_CASE("separable symplectic steps keep volume and the symplectic form") {
  const Pendulums hamiltonian;
  const Tensor at_x = row({0.9, -2.0, 0.4, 1.0});
  for (const auto& stepper : steppers()) {
    if (!stepper.needs_separable) continue;
    CAPTURE(stepper.name);
    const Tensor j = jacobian(
        [&](const Tensor& x) {
          const auto halves = x.chunk(2, 1);
          const PhaseSpace end = advanced(stepper.name, hamiltonian, {halves[0], halves[1]}, 0.5, 2);
          return at::cat({end.q, end.p}, 1);
        },
        at_x);
    const Tensor w = symplectic_form(2);
    CHECK(std::abs(at::linalg_det(j).item<double>() - 1) < 1e-13);
    CHECK(largest(j.t().mm(w).mm(j) - w) < 1e-13);
  }
  // Euler's is no such map: the test can tell.
  const Tensor euler = jacobian(
      [&](const Tensor& x) {
        const auto halves = x.chunk(2, 1);
        const PhaseSpace end = advanced("euler", hamiltonian, {halves[0], halves[1]}, 0.5, 2);
        return at::cat({end.q, end.p}, 1);
      },
      at_x);
  CHECK(std::abs(at::linalg_det(euler).item<double>() - 1) > 1e-3);
}

TEST_CASE("Tao's step is symplectic and reversible in its extended phase space, for any H") {
  const Coupled hamiltonian;
  const Tensor at_x = row({0.9, 0.8, 0.4, 0.5});  // (q, x, p, y)
  const auto map = [&](const Tensor& s, double dt) {
    StepperOptions options;
    options.dt = dt;
    const auto parts = s.chunk(4, 1);
    const ExtendedState end = tao_step(hamiltonian, {parts[0], parts[2], parts[1], parts[3]}, options);
    return at::cat({end.q, end.x, end.p, end.y}, 1);
  };
  const Tensor j = jacobian([&](const Tensor& s) { return map(s, 0.1); }, at_x);
  const Tensor w = symplectic_form(2);
  CHECK(std::abs(at::linalg_det(j).item<double>() - 1) < 1e-13);
  CHECK(largest(j.t().mm(w).mm(j) - w) < 1e-13);
  CHECK(largest(map(map(at_x, 0.1), -0.1) - at_x) < 1e-14);
}

TEST_CASE("energy stays bounded under symplectic steppers and not under Euler") {
  for (const auto& stepper : steppers()) {
    CAPTURE(stepper.name);
    const Hamiltonian& hamiltonian = hamiltonian_for(stepper);
    const PhaseSpace start{row({0.5}), row({0.3})};
    const PhaseSpace end = advanced(stepper.name, hamiltonian, start, 100, 2000);
    const double drift = largest(hamiltonian.energy(end.q, end.p) - hamiltonian.energy(start.q, start.p));
    if (stepper.is_symplectic) CHECK(drift < 2e-3);
    if (stepper.order == 1) CHECK(drift > 0.1);
  }
}

TEST_CASE("leapfrog takes one new gradient of V a step") {
  const Pendulums hamiltonian;
  rollout("leapfrog", hamiltonian, {row({0.5}), row({0.3})}, 31, {});
  CHECK(hamiltonian.gradients_of_potential == 31);
}

TEST_CASE("leapfrog forgets its gradient when a step begins elsewhere") {
  const Pendulums hamiltonian;
  const auto stepper = make_stepper("leapfrog", hamiltonian, {});
  const PhaseSpace here{row({0.5}), row({0.3})}, there{row({-1.5}), row({0.1})};
  stepper->step(here);
  CHECK(distance(stepper->step(there), make_stepper("leapfrog", hamiltonian, {})->step(there)) == 0);
}

TEST_CASE("steppers that need a separable H refuse any other, by name") {
  const Coupled hamiltonian;
  CHECK_THROWS_WITH_AS(make_stepper("leapfrog", hamiltonian, {}),
                       doctest::Contains("\"leapfrog\" is not allowed"), hamgen::schemas::FieldError);
  CHECK_THROWS_AS(make_stepper("yoshida4", hamiltonian, {}), hamgen::schemas::FieldError);
  CHECK_NOTHROW(make_stepper("tao", hamiltonian, {}));
}

TEST_CASE("gradients flow through a rollout: they equal finite differences") {
  for (const auto& stepper : steppers()) {
    CAPTURE(stepper.name);
    const Hamiltonian& hamiltonian = hamiltonian_for(stepper);
    const auto end_of = [&](const Tensor& q) {
      return advanced(stepper.name, hamiltonian, {q, row({0.4})}, 1, 8).q.sum();
    };
    const Tensor q = row({0.9}).requires_grad_();
    const double slope = torch::autograd::grad({end_of(q)}, {q})[0].item<double>();
    constexpr double h = 1e-5;
    const double difference = (end_of(row({0.9 + h})) - end_of(row({0.9 - h}))).item<double>() / (2 * h);
    CHECK(slope == doctest::Approx(difference).epsilon(1e-7));
  }
}
