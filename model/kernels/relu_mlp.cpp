#include "model/kernels/relu_mlp.hpp"

#include "model/base/kept.hpp"
#include "model/kernels/cpu_level.hpp"

namespace hamgen::model {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct ReluMlp : public torch::autograd::Function<ReluMlp> {
  struct State {
    std::vector<RowLayer> layers;
    std::vector<Tensor> a;  // a_0 = x, then what each hidden layer gives
  };

  static Tensor forward(AutogradContext* context, const Tensor& x, at::TensorList weights) {
    State state{{}, {x.detach().contiguous()}};
    for (std::size_t l = 0; l < weights.size() / 2; ++l) {
      const RowLayer& layer = state.layers.emplace_back(weights[2 * l], weights[2 * l + 1]);
      state.a.push_back(at::empty({x.size(0), layer.geometry().outputs()}, x.options()));
    }
    for_blocks(x.size(0), 1, [&](std::int64_t begin, std::int64_t rows) {
      for (std::size_t l = 0; l < state.layers.size(); ++l) {
        float* y = row_of(state.a[l + 1], begin);
        state.layers[l].forward(row_of(state.a[l], begin), true, y, rows);
        if (l + 1 < state.layers.size()) cpu_kernels().relu(y, rows * state.layers[l].geometry().outputs());
      }
    });
    const Tensor y = state.a.back();
    state.a.pop_back();
    keep(*context, std::move(state));
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& cotangents) {
    const at::NoGradGuard no_grad;
    const auto& state = kept<State>(*context);
    std::vector<LayerSums> sums;
    for (const RowLayer& layer : state.layers) sums.emplace_back(layer.geometry(), cotangents[0].options());
    Tensor c = cotangents[0].contiguous();
    for (std::size_t l = state.layers.size(); l-- > 0;) {
      const RowLayer& layer = state.layers[l];
      Tensor at_a = at::empty_like(state.a[l]);
      for_blocks(c.size(0), 1, [&](std::int64_t begin, std::int64_t rows) {
        sums[l].add_weight(row_of(c, begin), row_of(state.a[l], begin), rows);
        sums[l].add_bias(row_of(c, begin), rows);
        layer.backward(row_of(c, begin), nullptr, row_of(at_a, begin), nullptr, rows);
        if (l > 0)
          cpu_kernels().pull_back_relu(row_of(at_a, begin), row_of(state.a[l], begin),
                                       rows * layer.geometry().inputs());
      });
      c = at_a;
    }
    variable_list result{c};
    for (const LayerSums& layer : sums) {
      result.push_back(layer.weight(false));
      result.push_back(layer.bias());
    }
    return result;
  }
};

}  // namespace

Tensor relu_mlp(const Weights& weights, const Tensor& x) {
  if (is_for_kernels(x) && is_for_kernels(weights.front())) return ReluMlp::apply(x, at::TensorList(weights));
  Tensor y = x;
  for (std::size_t l = 0; l < weights.size(); l += 2) {
    y = at::linear(y, weights[l].to(y.dtype()), weights[l + 1].to(y.dtype()));
    if (l + 2 < weights.size()) y = y.relu();
  }
  return y;
}

}  // namespace hamgen::model
