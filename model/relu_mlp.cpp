#include "model/relu_mlp.hpp"

#include "model/cpu_level.hpp"
#include "model/kept.hpp"

namespace hamgen::model {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct ReluMlp : public torch::autograd::Function<ReluMlp> {
  struct State {
    std::vector<LaidOutLayer> layers;
    std::vector<Tensor> a;  // a_0 = x, then what each hidden layer gives
  };

  static Tensor forward(AutogradContext* context, const Tensor& x, at::TensorList weights) {
    State state{{}, {x.detach().contiguous()}};
    for (std::size_t l = 0; l < weights.size() / 2; ++l) {
      const LaidOutLayer& layer = state.layers.emplace_back(weights[2 * l], weights[2 * l + 1]);
      state.a.push_back(at::empty({x.size(0), layer.units()}, x.options()));
    }
    for_blocks(x.size(0), [&](std::int64_t begin, std::int64_t rows) {
      for (std::size_t l = 0; l < state.layers.size(); ++l) {
        float* y = row_of(state.a[l + 1], begin);
        state.layers[l].forward(row_of(state.a[l], begin), y, rows);
        if (l + 1 < state.layers.size()) cpu_kernels().relu(y, rows * state.layers[l].units());
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
    std::vector<OuterSum> of_weight;
    std::vector<Tensor> of_bias;
    for (const LaidOutLayer& layer : state.layers) {
      of_weight.emplace_back(layer.weight);
      of_bias.push_back(at::zeros_like(layer.bias));
    }
    Tensor c = cotangents[0].contiguous();
    for (std::size_t l = state.layers.size(); l-- > 0;) {
      const LaidOutLayer& layer = state.layers[l];
      Tensor at_a = at::empty_like(state.a[l]);
      for_blocks(c.size(0), [&](std::int64_t begin, std::int64_t rows) {
        of_weight[l].add(row_of(c, begin), row_of(state.a[l], begin), rows);
        cpu_kernels().add_column_sums(row_of(c, begin), of_bias[l].data_ptr<float>(), rows, layer.units());
        layer.backward(row_of(c, begin), nullptr, row_of(at_a, begin), rows);
        if (l > 0)
          cpu_kernels().pull_back_relu(row_of(at_a, begin), row_of(state.a[l], begin), rows * layer.inputs());
      });
      c = at_a;
    }
    variable_list result{c};
    for (std::size_t l = 0; l < state.layers.size(); ++l) {
      result.push_back(of_weight[l].value());
      result.push_back(of_bias[l]);
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
