#include "model/density/real_nvp.hpp"

#include "model/base/random.hpp"
#include "model/kernels/relu_mlp.hpp"

namespace hamgen::model {

CouplingImpl::CouplingImpl(std::int64_t coordinates, std::int64_t split, bool moves_first,
                           const std::vector<std::int64_t>& hidden, Initializer& initializer)
    : split_(split), moves_first_(moves_first) {
  const std::int64_t moved = moves_first ? split : coordinates - split;
  layers_ = dense_chain(*this, coordinates - moved, hidden, 2 * moved, small_gain, initializer);
  range_ = register_parameter("range", at::ones({moved}));
}

std::pair<Tensor, Tensor> CouplingImpl::scale_and_shift(const Tensor& fixed) const {
  const auto halves = relu_mlp(weights_of(layers_), fixed).chunk(2, 1);
  return {range_ * halves[0].tanh(), halves[1]};
}

std::pair<Tensor, Tensor> CouplingImpl::parts(const Tensor& x) const {
  const Tensor first = x.narrow(1, 0, split_), second = x.narrow(1, split_, x.size(1) - split_);
  return moves_first_ ? std::pair(second, first) : std::pair(first, second);
}

Tensor CouplingImpl::whole(const Tensor& fixed, const Tensor& moved) const {
  return moves_first_ ? at::cat({moved, fixed}, 1) : at::cat({fixed, moved}, 1);
}

Tensor CouplingImpl::forward(const Tensor& x, Tensor& log_volume) const {
  const auto [fixed, moved] = parts(x);
  const auto [log_scale, shift] = scale_and_shift(fixed);
  log_volume = log_volume - log_scale.sum(1);
  return whole(fixed, moved * log_scale.exp() + shift);
}

Tensor CouplingImpl::inverse(const Tensor& y, Tensor& log_volume) const {
  const auto [fixed, moved] = parts(y);
  const auto [log_scale, shift] = scale_and_shift(fixed);
  log_volume = log_volume - log_scale.sum(1);
  return whole(fixed, (moved - shift) * (-log_scale).exp());
}

std::vector<schemas::Field> RealNvp::fields() {
  using namespace schemas;
  std::vector<Field> fields{
      Standardizer::Impl::field(),
      integer("flow.couplings", 10, "",
              "affine coupling layers; 2 T + 2 have as many parameters as NHF of T Hamiltonians")
          .at_least(1)
          .at_most(1000),
      integers("flow.hidden", {128, 128}, "", "units of each hidden layer of a coupling's network, ReLU")
          .at_least(1)
          .at_most(65536)
          .items(1, 16),
  };
  for (const Field& field : FlowPrior::fields("normal")) fields.push_back(field);
  return fields;
}

RealNvp::RealNvp(const schemas::Settings& settings, const DataShape& shape)
    : coordinates_(shape.coordinates), prior_(settings) {
  if (coordinates_ < 2)
    throw schemas::FieldError(
        "model = \"real_nvp\" is not allowed: points have one coordinate, and one half "
        "of the coordinates moves the other");
  Initializer initializer(settings);
  standardizer_ = register_module("standardizer", Standardizer(settings, shape));
  auto chain = std::make_shared<torch::nn::Module>();
  register_module("couplings", chain);
  for (std::int64_t i = 0; i < settings.integer("flow.couplings"); ++i) {
    couplings_.emplace_back(coordinates_, (coordinates_ + 1) / 2, i % 2 == 1,
                            settings.integers("flow.hidden"), initializer);
    chain->register_module(std::to_string(i), couplings_.back());
  }
}

Tensor RealNvp::to_prior(const Tensor& y, Tensor& log_volume) const {
  Tensor x = y;
  for (auto coupling = couplings_.rbegin(); coupling != couplings_.rend(); ++coupling)
    x = (*coupling)->inverse(x, log_volume);
  return x;
}

Tensor RealNvp::log_weights(const Tensor& x, std::int64_t draws, at::Generator&) const {
  const Tensor y = standardizer_->apply(x);
  Tensor log_volume = at::zeros({x.size(0)}, y.options());
  const Tensor base = to_prior(y, log_volume);
  const Tensor log_density = prior_.log_density(base) + log_volume - standardizer_->log_volume();
  return log_density.unsqueeze(1).expand({x.size(0), draws});
}

Tensor RealNvp::draw_base(std::int64_t count, at::Generator& generator) const {
  return prior_.sample(count, coordinates_, standardizer_->mean.options(), generator);
}

Tensor RealNvp::flow(const Tensor& base) const {
  Tensor log_volume = at::zeros({base.size(0)}, base.options()), x = base;
  for (const Coupling& coupling : couplings_) x = coupling->forward(x, log_volume);
  return x;
}

Tensor RealNvp::inverse(const Tensor& state) const {
  Tensor log_volume = at::zeros({state.size(0)}, state.options());
  return to_prior(state, log_volume);
}

Tensor RealNvp::sample(std::int64_t count, at::Generator& generator) const {
  return standardizer_->undo(flow(draw_base(count, generator)));
}

}  // namespace hamgen::model
