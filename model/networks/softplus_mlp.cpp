#include "model/networks/softplus_mlp.hpp"

#include "model/base/kept.hpp"

namespace hamgen::model {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct GradientOfMlp : public torch::autograd::Function<GradientOfMlp> {
  struct State {
    SoftplusLayers layers;
    Trace trace;
  };

  static Tensor forward(AutogradContext* context, const Tensor& x, at::TensorList weights) {
    State state{laid_out(weights.vec()), {}};
    const Tensor gradient = mlp_gradient(state.layers, x, state.trace);
    keep(*context, std::move(state));
    return gradient;
  }

  static variable_list backward(AutogradContext* context, const variable_list& cotangents) {
    const at::NoGradGuard no_grad;
    const auto& state = kept<State>(*context);
    SoftplusSums sums(state.layers);
    variable_list result{pull_back_gradient(state.layers, state.trace, cotangents[0], sums)};
    for (const Tensor& sum : sums.flat()) result.push_back(sum);
    return result;
  }
};

}  // namespace

SoftplusMlpImpl::SoftplusMlpImpl(std::int64_t inputs, const std::vector<std::int64_t>& hidden, double gain,
                                 Initializer& initializer)
    : layers_(dense_chain(*this, inputs, hidden, 1, gain, initializer, false)) {}

Tensor SoftplusMlpImpl::value(const Tensor& x) const {
  Tensor a = x;
  for (std::size_t l = 0; l + 1 < layers_.size(); ++l) a = softplus_of(layers_[l]->forward(a));
  return layers_.back()->forward(a).squeeze(1);
}

Weights SoftplusMlpImpl::weights() const {
  return weights_of(layers_);
}

Tensor SoftplusMlpImpl::gradient(const Tensor& x) const {
  return GradientOfMlp::apply(x, at::TensorList(weights()));
}

}  // namespace hamgen::model
