#include "model/density/nhf.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "model/base/random.hpp"
#include "model/base/row_parallel.hpp"
#include "model/kernels/relu_mlp.hpp"

namespace hamgen::model {
namespace {

// Schemes whose step by -dt undoes their step by dt, and that keep volume.
std::vector<std::string> reversible_steppers() {
  std::vector<std::string> names;
  for (const auto& stepper : steppers())
    if (stepper.needs_separable) names.push_back(stepper.name);
  return names;
}

std::vector<Dense> relu_layers(torch::nn::Module& module, const std::string& name, std::int64_t inputs,
                               const std::vector<std::int64_t>& hidden, std::int64_t outputs,
                               Initializer& initializer) {
  auto container = std::make_shared<torch::nn::Module>();
  module.register_module(name, container);
  return dense_chain(*container, inputs, hidden, outputs, small_gain, initializer);
}

double log_gaussian_constant(std::int64_t coordinates) {
  return 0.5 * static_cast<double>(coordinates) * std::log(2 * std::numbers::pi);
}

}  // namespace

FlowHamiltonianImpl::FlowHamiltonianImpl(const schemas::Settings& settings, std::int64_t coordinates,
                                         Initializer& initializer) {
  const auto hidden = settings.integers("flow.hidden");
  const double gain = settings.real("flow.initial_gain");
  potential_ = register_module("potential", SoftplusMlp(coordinates, hidden, gain, initializer));
  if (settings.text("flow.kinetic") == "mlp")
    kinetic_ = register_module("kinetic", SoftplusMlp(coordinates, hidden, gain, initializer));
  if (settings.boolean("integrator.learn_dt")) log_scale_ = register_parameter("log_scale", at::zeros({}));
}

Tensor FlowHamiltonianImpl::potential(const Tensor& q) const {
  return scaled(potential_->value(q));
}

Tensor FlowHamiltonianImpl::kinetic(const Tensor& p) const {
  return scaled(kinetic_ ? kinetic_->value(p) : 0.5 * p.square().sum(1));
}

Tensor FlowHamiltonianImpl::dH_dq(const Tensor& q, const Tensor&) const {
  return scaled(potential_->gradient(q));
}

Tensor FlowHamiltonianImpl::dH_dp(const Tensor&, const Tensor& p) const {
  return scaled(kinetic_ ? kinetic_->gradient(p) : p);
}

SeparableWeights FlowHamiltonianImpl::separable_weights() const {
  return {potential_->weights(), kinetic_ ? kinetic_->weights() : Weights{}};
}

MomentumEncoderImpl::MomentumEncoderImpl(const schemas::Settings& settings, std::int64_t coordinates,
                                         Initializer& initializer)
    : coordinates_(coordinates), is_full_(settings.text("encoder.covariance") == "full") {
  const auto hidden = settings.integers("encoder.hidden");
  const std::int64_t numbers = is_full_ ? coordinates * (coordinates + 1) / 2 : coordinates;
  mean_ = relu_layers(*this, "mean", coordinates, hidden, coordinates, initializer);
  deviation_ = relu_layers(*this, "deviation", coordinates, hidden, numbers, initializer);
}

std::pair<Tensor, Tensor> MomentumEncoderImpl::forward(const Tensor& q) const {
  const Tensor numbers = relu_mlp(weights_of(deviation_), q);
  Tensor factor = (softplus_of(numbers.narrow(1, 0, coordinates_)) + 1e-4).diag_embed();
  if (is_full_ && coordinates_ > 1) {
    const Tensor places =
        at::tril_indices(coordinates_, coordinates_, -1, at::kLong, at::kStrided, q.device(), false);
    const Tensor below = numbers.narrow(1, coordinates_, places.size(1));
    factor.index_put_({at::indexing::Slice(), places[0], places[1]}, below);
  }
  return {relu_mlp(weights_of(mean_), q), factor};
}

std::vector<schemas::Field> Nhf::fields() {
  using namespace schemas;
  std::vector<Field> fields{
      Standardizer::Impl::field(),
      integer("flow.hamiltonians", 4, "", "of the chain: H_1 to H_T").at_least(1).at_most(1000),
      boolean("flow.shared", false, "all of them are one and the same"),
      text("flow.kinetic", "mlp", "K(p): a network, or p.p / 2").one_of({"mlp", "quadratic"}),
      integers("flow.hidden", {128, 128}, "", "units of each hidden layer of V and K, softplus")
          .at_least(1)
          .at_most(65536)
          .items(1, 16),
      real("flow.initial_gain", small_gain, "",
           "standard deviation of V's and K's first weights, over the root of their number")
          .above(0)
          .at_most(100),
      text("integrator.method", "leapfrog", "scheme of the flow").one_of(reversible_steppers()),
      integer("integrator.steps", 2, "", "of each Hamiltonian").at_least(1).at_most(1000),
      real("integrator.dt", 0.5, "", "of a step").above(0),
      boolean("integrator.learn_dt", false, "each Hamiltonian has a dt of its own, learned from there"),
      integers("encoder.hidden", {128, 128}, "", "units of each hidden layer of mu and sigma, ReLU")
          .at_least(1)
          .at_most(65536)
          .items(1, 16),
      text("encoder.covariance", "diagonal",
           "of f(p | q): sigma on the diagonal, or a full triangle of numbers")
          .one_of({"diagonal", "full"}),
      text("objective.kind", "elbo", "the bound of eq. 6, or its two parts weighed by a multiplier")
          .one_of({"elbo", "geco"}),
      integer("objective.draws", 1, "",
              "momenta of each point: the bound is then of the mean of so many weights; kind elbo")
          .at_least(1)
          .at_most(10'000),
      real("objective.tolerance", 0, "nat",
           "per coordinate of the state, by which - log prior may exceed the prior's entropy; kind geco"),
  };
  for (const auto& part : {FlowPrior::fields("soft_uniform"), Multiplier::Impl::fields()})
    fields.insert(fields.end(), part.begin(), part.end());
  return fields;
}

Nhf::Nhf(const schemas::Settings& settings, const DataShape& shape)
    : coordinates_(shape.coordinates),
      steps_(settings.integer("integrator.steps")),
      draws_(settings.integer("objective.draws")),
      method_(settings.text("integrator.method")),
      dt_(settings.real("integrator.dt")),
      prior_(settings) {
  Initializer initializer(settings);
  standardizer_ = register_module("standardizer", Standardizer(settings, shape));
  const bool is_shared = settings.boolean("flow.shared");
  auto chain = std::make_shared<torch::nn::Module>();
  register_module("hamiltonians", chain);
  for (std::int64_t i = 0; i < settings.integer("flow.hamiltonians"); ++i) {
    if (is_shared && i > 0) {
      hamiltonians_.push_back(hamiltonians_.front());
      continue;
    }
    hamiltonians_.emplace_back(settings, coordinates_, initializer);
    chain->register_module(std::to_string(i), hamiltonians_.back());
  }
  encoder_ = register_module("encoder", MomentumEncoder(settings, coordinates_, initializer));
  if (settings.text("objective.kind") != "geco") return;
  multiplier_ = register_module("objective", Multiplier(settings));
  tolerated_ = 2 * static_cast<double>(coordinates_) *
               (prior_.entropy_per_coordinate() + settings.real("objective.tolerance"));
}

// Without gradients, states live on a lattice, on which the flow and its inverse are exact: 2^-18 in fp32,
// which leaves exact sums to states below 64; 2^-46 in fp64.
double Nhf::lattice_of(const Tensor& x) const {
  if (at::GradMode::is_enabled()) return 0;
  return x.scalar_type() == at::kDouble ? 0x1p-46 : 0x1p-18;
}

template <class Visit>
void Nhf::walk(const std::vector<FlowHamiltonian>& chain, const StepperOptions& options, PhaseSpace& state,
               const Visit& visit) const {
  for (const FlowHamiltonian& hamiltonian : chain) {
    const auto stepper = make_stepper(method_, *hamiltonian, options);
    for (std::int64_t i = 0; i < steps_; ++i) visit(state = stepper->step(state));
  }
}

PhaseSpace Nhf::transport(PhaseSpace state, bool is_forward) const {
  std::vector<FlowHamiltonian> chain = hamiltonians_;
  if (!is_forward) std::reverse(chain.begin(), chain.end());
  StepperOptions options;
  options.dt = is_forward ? dt_ : -dt_;
  options.lattice = lattice_of(state.q);
  if (options.lattice == 0 && method_ == "leapfrog" && !chain.front()->has_own_dt()) {
    std::vector<SeparableWeights> weights;
    for (const FlowHamiltonian& hamiltonian : chain) weights.push_back(hamiltonian->separable_weights());
    return leapfrog_flow(weights, state, steps_, options.dt);
  }
  if (options.lattice > 0)
    for (Tensor* x : {&state.q, &state.p}) *x = (*x / options.lattice).round_().mul_(options.lattice);
  walk(chain, options, state, [](const PhaseSpace&) {});
  return state;
}

std::vector<PhaseSpace> Nhf::rollout(PhaseSpace start) const {
  StepperOptions options;
  options.dt = dt_;
  std::vector<PhaseSpace> states{start};
  walk(hamiltonians_, options, start, [&](const PhaseSpace& state) { states.push_back(state); });
  return states;
}

Tensor Nhf::log_joint(const Tensor& q, const Tensor& p) const {
  const PhaseSpace start = transport({q, p}, false);
  return prior_.log_density(at::cat({start.q, start.p}, 1));
}

Nhf::Draw Nhf::draw(const Tensor& x, std::int64_t draws, at::Generator& generator, const Share& share) const {
  const std::int64_t d = coordinates_;
  const Tensor q = standardizer_->apply(x),
               noise = normal_rows({x.size(0), draws * d}, share, generator, at::TensorOptions(at::kFloat))
                           .to(q.options());
  // Rows of q and its noise; of log pi(s_0) and log f(p_T | q_T).
  const auto weigh = [&](const Tensor& rows) {
    const std::int64_t count = rows.size(0);
    const Tensor q_of = rows.narrow(1, 0, d), noise_of = rows.narrow(1, d, draws * d).view({count, draws, d});
    const auto [mean, factor] = encoder_->forward(q_of);
    const Tensor p = mean.unsqueeze(1) + at::matmul(noise_of, factor.transpose(1, 2));
    const Tensor log_posterior = -0.5 * noise_of.square().sum(2) -
                                 factor.diagonal(0, 1, 2).log().sum(1, true) - log_gaussian_constant(d);
    const Tensor repeated = q_of.unsqueeze(1).expand_as(p).reshape({count * draws, d});
    const Tensor log_prior = log_joint(repeated, p.reshape({count * draws, d})).view({count, draws});
    return at::cat({log_prior, log_posterior}, 1);
  };
  const auto parts = over_rows(weigh, at::cat({q, noise}, 1), parameters()).chunk(2, 1);
  return {parts[0], parts[1]};
}

Tensor Nhf::log_weights(const Tensor& x, std::int64_t draws, at::Generator& generator) const {
  const Draw one = draw(x, draws, generator, {});
  return one.log_prior - one.log_posterior - standardizer_->log_volume();
}

LossTerms Nhf::loss(const Batch& batch, const StepContext& context) {
  auto generator = make_generator(random_key(context.seed, Purpose::posterior, {context.step}));
  const Draw drawn = draw(batch.points, draws_, generator, context.share);
  const Tensor energy = -drawn.log_prior.mean(), entropy = -drawn.log_posterior.mean();
  const Tensor bound = standardizer_->log_volume() + std::log(static_cast<double>(draws_)) -
                       (drawn.log_prior - drawn.log_posterior).logsumexp(1).mean();
  LossTerms terms;
  terms.averaged = {{"nll", bound.detach()}, {"prior_nll", energy.detach()}, {"entropy", entropy.detach()}};
  terms.loss = multiplier_ ? multiplier_->multiplier * (energy - tolerated_) - entropy : bound;
  if (multiplier_) terms.momentary = {{"multiplier", multiplier_->multiplier.clone()}};
  return terms;
}

void Nhf::after_step(const LossTerms& terms) {
  if (!multiplier_) return;
  const Tensor& energy = terms.averaged.of("prior_nll");
  multiplier_->update((energy - tolerated_) / (2 * static_cast<double>(coordinates_)));
}

Tensor Nhf::draw_base(std::int64_t count, at::Generator& generator) const {
  return prior_.sample(count, 2 * coordinates_, standardizer_->mean.options(), generator);
}

Tensor Nhf::transport_rows(const Tensor& states, bool is_forward) const {
  const auto move = [&](const Tensor& rows) {
    const auto halves = rows.chunk(2, 1);
    const PhaseSpace end = transport({halves[0].contiguous(), halves[1].contiguous()}, is_forward);
    return at::cat({end.q, end.p}, 1);
  };
  return over_rows(move, states, parameters());
}

Tensor Nhf::flow(const Tensor& base) const {
  return transport_rows(base, true);
}

Tensor Nhf::inverse(const Tensor& state) const {
  return transport_rows(state, false);
}

Tensor Nhf::sample(std::int64_t count, at::Generator& generator) const {
  return standardizer_->undo(flow(draw_base(count, generator)).narrow(1, 0, coordinates_));
}

}  // namespace hamgen::model
