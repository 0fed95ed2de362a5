#include "model/density/nhf.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <numbers>

#include "model/density/real_nvp.hpp"
#include "model/metrics/density_metrics.hpp"
#include "tests/model/density_fixture.hpp"

using namespace hamgen;
using namespace hamgen::model;
using doctest::Approx;
using tests::normal_points;
using tests::shake;
using tests::small_flow;
using namespace nlohmann::literals;

namespace {

double largest(const Tensor& x) {
  return x.abs().max().item<double>();
}

FlowPrior prior_of(const apps::Json& json) {
  return FlowPrior(apps::fit_config_from_json({{"model", "nhf"}, {"prior", json}}).settings);
}

// H = 0: nothing moves.
void stop(Nhf& flow) {
  const at::NoGradGuard no_grad;
  for (const auto& hamiltonian : flow.hamiltonians())
    for (auto& parameter : hamiltonian->parameters()) parameter.zero_();
}

// log of the integral of the joint density over p, by the midpoint rule on a wide square.
Tensor log_marginal(const Nhf& flow, const Tensor& q) {
  const at::NoGradGuard no_grad;
  constexpr double half_side = 14;
  constexpr std::int64_t cells = 140;
  const Tensor p = square_grid(half_side, cells);
  std::vector<Tensor> rows;
  for (std::int64_t i = 0; i < q.size(0); ++i)
    rows.push_back(flow.log_joint(q[i].expand_as(p).contiguous(), p).logsumexp(0) +
                   2 * std::log(2 * half_side / static_cast<double>(cells)));
  return at::stack(rows);
}

}  // namespace

TEST_CASE("priors integrate to 1, and samples have their moments") {
  for (const apps::Json& json : {apps::Json{{"kind", "normal"}}, apps::Json{{"width", 8}, {"sharpness", 4}},
                                 apps::Json{{"width", 1}, {"sharpness", 0.5}}}) {
    const FlowPrior prior = prior_of(json);
    const Tensor s = at::linspace(-60, 60, 240'001, at::kDouble).unsqueeze(1);
    const Tensor density = prior.log_density(s).exp();
    CHECK(density.sum().item<double>() * 5e-4 == Approx(1).epsilon(1e-10));
    const double entropy = -(density * prior.log_density(s)).sum().item<double>() * 5e-4;
    CHECK(prior.entropy_per_coordinate() == Approx(entropy).epsilon(1e-8));
    const double variance = (density * s.squeeze(1).square()).sum().item<double>() * 5e-4;
    auto generator = make_generator(1);
    const Tensor draws = prior.sample(200'000, 2, at::TensorOptions(at::kDouble), generator);
    CHECK(draws.mean().item<double>() / std::sqrt(variance) == Approx(0).epsilon(0.006));
    CHECK(draws.var().item<double>() == Approx(variance).epsilon(0.015));
    CHECK(-prior.log_density(draws).mean().item<double>() / 2 == Approx(entropy).epsilon(0.01));
  }
  // Edges of a box: half the density in the middle.
  const FlowPrior box = prior_of({{"width", 8}, {"sharpness", 4}});
  const Tensor density = box.log_density(at::tensor({0.0, 4.0}, at::kDouble).unsqueeze(1)).exp();
  CHECK(density[0].item<double>() == Approx(1.0 / 8).epsilon(1e-5));
  CHECK(density[1].item<double>() == Approx(1.0 / 16).epsilon(1e-5));
}

TEST_CASE("the flow of no Hamiltonian gives the prior's exact likelihood") {
  const Tensor x = normal_points(50, 2);
  const auto normal = small_flow({{"prior", {{"kind", "normal"}}}});
  normal->to(at::kDouble);
  stop(*normal);
  const at::NoGradGuard no_grad;
  // The encoder becomes f(p | q) = N(0, 1): softplus(log(e - 1)) = 1.
  for (auto& item : normal->named_parameters())
    if (item.key().starts_with("encoder")) item.value().zero_();
  normal->named_parameters()["encoder.deviation.2.bias"].fill_(std::log(std::expm1(1 - 1e-4)));
  auto generator = make_generator(1);
  const Tensor exact = -0.5 * x.square().sum(1) - std::log(2 * std::numbers::pi);
  CHECK(largest(normal->log_weights(x, 3, generator) - exact.unsqueeze(1)) < 1e-12);
  const auto box = small_flow();
  box->to(at::kDouble);
  stop(*box);
  CHECK(largest(log_marginal(*box, x) - prior_of(apps::Json::object()).log_density(x)) < 1e-6);
}

TEST_CASE("ELBO <= IWAE <= exact log-likelihood") {
  for (const char* kind : {"normal", "soft_uniform"}) {
    const auto flow = small_flow({{"prior", {{"kind", kind}, {"width", 4}}},
                                  {"encoder", {{"covariance", *kind == 'n' ? "full" : "diagonal"}}}});
    shake(*flow, 0.2);
    const Tensor x = normal_points(40, 2);
    const auto bounds = likelihood_bounds(*flow, x, {1, 10, 100, 1000}, at::kCPU);
    for (std::size_t i = 1; i < bounds.size(); ++i) CHECK(bounds[i].mean >= bounds[i - 1].mean);
    flow->to(at::kDouble);
    const double exact = log_marginal(*flow, x).mean().item<double>();
    CHECK(bounds.back().mean <= exact + 0.01);
    CHECK(bounds.back().mean == Approx(exact).epsilon(0.1));
    CHECK(bounds.front().mean < exact - 0.01);
  }
}

TEST_CASE("the flow is undone by -dt in reverse order, to the last bit, and keeps volume") {
  for (const apps::Json& json : {apps::Json::object(), apps::Json{{"flow", {{"shared", true}}}},
                                 apps::Json{{"flow", {{"kinetic", "quadratic"}}}},
                                 apps::Json{{"integrator", {{"method", "yoshida4"}, {"dt", 0.3}}}},
                                 apps::Json{{"integrator", {{"learn_dt", true}, {"steps", 5}}}},
                                 apps::Json{{"prior", {{"kind", "normal"}}}}}) {
    for (const std::int64_t dimension : {1, 2, 5}) {
      const auto flow = small_flow(json, dimension);
      shake(*flow);
      CHECK(inversion_error(*flow, 300, 1).largest <= 1e-5);  // the start's own rounding
      flow->to(at::kDouble);
      CHECK(inversion_error(*flow, 300, 1).largest <= 1e-12);
      CHECK(volume_error(*flow, 20, 1) < 1e-10);
      // With gradients, rounding is left out: both agree.
      const Tensor start = normal_points(30, 2 * dimension);
      const Tensor recorded = flow->flow(start).detach();
      const at::NoGradGuard no_grad;
      CHECK(largest(flow->flow(start) - recorded) < 1e-11);
      CHECK(largest(flow->inverse(recorded) - start) < 1e-11);
    }
  }
}

TEST_CASE("the chain in one node is the leapfrog of the integrators, and so are its gradients") {
  for (const apps::Json& json :
       {apps::Json::object(), apps::Json{{"flow", {{"shared", true}}}},
        apps::Json{{"flow", {{"kinetic", "quadratic"}}}},
        apps::Json{{"flow", {{"hidden", {7, 8, 9}}}}, {"integrator", {{"steps", 3}}}}}) {
    const auto flow = small_flow(json);
    shake(*flow);
    flow->to(at::kDouble);
    Tensor start = normal_points(30, 4).requires_grad_();
    const Tensor c = normal_points(30, 4, 4), chained = flow->inverse(start);
    StepperOptions options;
    options.dt = -0.5;
    PhaseSpace state{start.narrow(1, 0, 2), start.narrow(1, 2, 2)};
    for (auto hamiltonian = flow->hamiltonians().rbegin(); hamiltonian != flow->hamiltonians().rend();
         ++hamiltonian) {
      const auto stepper = make_stepper("leapfrog", **hamiltonian, options);
      for (int i = 0; i < json.value("/integrator/steps"_json_pointer, 2); ++i) state = stepper->step(state);
    }
    const Tensor stepped = at::cat({state.q, state.p}, 1);
    CHECK(largest(chained - stepped) < 1e-12);
    std::vector<Tensor> inputs = flow->parameters();
    inputs.push_back(start);
    const auto a = torch::autograd::grad({(chained * c).sum()}, inputs, {}, {}, false, true),
               b = torch::autograd::grad({(stepped * c).sum()}, inputs, {}, {}, false, true);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      CHECK(a[i].defined() == b[i].defined());
      if (a[i].defined()) CHECK(largest(a[i] - b[i]) < 1e-10);
    }
  }
}

TEST_CASE("likelihoods are of the points as given, whatever they are scaled by") {
  // An identity flow over standardised points of N(3, 2^2): the Normal prior's density, transformed.
  const apps::FitConfig config = apps::fit_config_from_json(
      {{"model", "nhf"}, {"data", {{"standardize", true}}}, {"prior", {{"kind", "normal"}}}});
  DataShape shape;
  shape.coordinates = 1;
  shape.point_mean = {3};
  shape.point_std = {2};
  Nhf flow(config.settings, shape);
  stop(flow);
  const at::NoGradGuard no_grad;
  for (auto& item : flow.named_parameters())
    if (item.key().starts_with("encoder")) item.value().zero_();
  flow.named_parameters()["encoder.deviation.2.bias"].fill_(std::log(std::expm1(1 - 1e-4)));
  const Tensor x = at::tensor({3.0F, 5.0F, -1.0F}).unsqueeze(1), z = (x - 3) / 2;
  auto generator = make_generator(1);
  const Tensor exact = -0.5 * z.square() - 0.5 * std::log(2 * std::numbers::pi) - std::log(2.0);
  CHECK(largest(flow.log_weights(x, 1, generator) - exact) < 1e-5);
  const Tensor samples = draw_samples(flow, 100'000, 1);
  CHECK(samples.mean().item<double>() == Approx(3).epsilon(0.01));
  CHECK(samples.std().item<double>() == Approx(2).epsilon(0.01));
}

TEST_CASE("the constrained objective is the bound where its multiplier is 1, and follows the constraint") {
  const auto elbo = small_flow(), geco = small_flow({{"objective", {{"kind", "geco"}, {"tolerance", -5}}}});
  Batch batch;
  batch.points = normal_points(64, 2).to(at::kFloat);
  const StepContext context{1, 2, 31, false};
  const LossTerms a = elbo->loss(batch, context), b = geco->loss(batch, context);
  const double shift = 4 * (prior_of(apps::Json::object()).entropy_per_coordinate() - 5);
  CHECK(b.loss.item<double>() == Approx(a.loss.item<double>() - shift).epsilon(1e-5));
  const auto multiplier = [&] { return geco->named_buffers()["objective.multiplier"].item<double>(); };
  for (int i = 0; i < 5; ++i) geco->after_step(b);
  CHECK(multiplier() > 1);  // -log prior is above its tolerance
  const auto loose = small_flow({{"objective", {{"kind", "geco"}, {"tolerance", 50}}}});
  for (int i = 0; i < 5; ++i) loose->after_step(loose->loss(batch, context));
  CHECK(loose->named_buffers()["objective.multiplier"].item<double>() < 1);
}

TEST_CASE("RealNVP is a density, and its flow can be undone") {
  for (const std::int64_t dimension : {2, 3, 5}) {
    const auto flow = small_flow<RealNvp>({{"model", "real_nvp"}}, dimension);
    shake(*flow, 0.1);
    flow->to(at::kDouble);
    CHECK(inversion_error(*flow, 300, 1).largest < 1e-9);
    // log |det J| against automatic differentiation.
    Tensor base = normal_points(10, dimension).requires_grad_();
    const Tensor x = flow->flow(base);
    std::vector<Tensor> rows;
    for (std::int64_t i = 0; i < dimension; ++i)
      rows.push_back(torch::autograd::grad({x.select(1, i).sum()}, {base}, {}, true)[0]);
    const Tensor expected =
        prior_of({{"kind", "normal"}}).log_density(base) - at::linalg_det(at::stack(rows, 1)).abs().log();
    auto generator = make_generator(1);
    CHECK(largest(flow->log_weights(x, 1, generator).squeeze(1) - expected) < 1e-9);
  }
  CHECK_THROWS_WITH_AS(small_flow<RealNvp>({{"model", "real_nvp"}}, 1), doctest::Contains("real_nvp"),
                       schemas::FieldError);
}
