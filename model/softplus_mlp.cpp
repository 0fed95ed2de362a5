#include "model/softplus_mlp.hpp"

#include "model/softplus_kernel.hpp"

namespace hamgen::model {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct GradientOfMlp : public torch::autograd::Function<GradientOfMlp> {
  static Tensor forward(AutogradContext* context, const Tensor& x, at::TensorList tensors) {
    const Weights weights = tensors.vec();
    Trace trace;
    const Tensor gradient = mlp_gradient(weights, x, trace);
    variable_list saved{x};
    for (const Weights& part : {weights, trace.a, trace.s, trace.u})
      saved.insert(saved.end(), part.begin(), part.end());
    context->save_for_backward(saved);
    return gradient;
  }

  static variable_list backward(AutogradContext* context, const variable_list& cotangents) {
    const at::NoGradGuard no_grad;
    const variable_list saved = context->get_saved_variables();
    const std::size_t hidden = (saved.size() - 1) / 5;  // x, 2 hidden + 1 weights, 3 hidden - 1 of the trace
    auto next = saved.begin();
    const auto take = [&](std::size_t count) {
      const auto first = next;
      return variable_list(first, next += static_cast<std::ptrdiff_t>(count));
    };
    Trace trace{take(1).front(), {}, {}, {}};
    const Weights weights = take(2 * hidden + 1);
    trace.a = take(hidden - 1);
    trace.s = take(hidden);
    trace.u = take(hidden);
    Weights result;
    for (const Tensor& weight : weights) result.push_back(at::zeros_like(weight));
    const Tensor at_x = pull_back_gradient(weights, trace, cotangents[0].contiguous(), result);
    result.insert(result.begin(), at_x);
    return result;
  }
};

}  // namespace

Tensor mlp_gradient(const Weights& weights, const Tensor& x, Trace& trace) {
  const std::size_t hidden = weights.size() / 2;
  trace = {x, {}, {}, {}};
  for (std::size_t l = 0; l < hidden; ++l) {
    trace.s.push_back(at::addmm(weights[2 * l + 1], l == 0 ? x : trace.a[l - 1], weights[2 * l].t()));
    if (l + 1 < hidden) trace.a.push_back(at::empty_like(trace.s[l]));
    softplus_and_sigmoid(trace.s[l], l + 1 < hidden ? trace.a[l] : Tensor());
  }
  trace.u.resize(hidden);
  trace.u[hidden - 1] = trace.s[hidden - 1] * weights[2 * hidden];
  for (std::size_t l = hidden - 1; l-- > 0;)
    trace.u[l] = at::mm(trace.u[l + 1], weights[2 * l + 2]).mul_(trace.s[l]);
  return at::mm(trace.u[0], weights[0]);
}

Tensor pull_back_gradient(const Weights& weights, const Trace& trace, const Tensor& c, Weights& sums) {
  const std::size_t hidden = weights.size() / 2;
  std::vector<Tensor> at_u;
  Tensor v = c;
  for (std::size_t l = 0; l < hidden; ++l) {  // grad f depends on x through every s_l
    at_u.push_back(at::mm(v, weights[2 * l].t()));
    sums[2 * l].addmm_(trace.u[l].t(), v);
    v = at_u[l] * trace.s[l];
  }
  sums[2 * hidden].add_(v.sum(0));
  Tensor at_a;
  for (std::size_t l = hidden; l-- > 0;) {
    const Tensor& at_z = at_u[l];
    pull_back_sigmoid(at_z, trace.s[l], trace.u[l], at_a);
    sums[2 * l].addmm_(at_z.t(), l == 0 ? trace.x : trace.a[l - 1]);
    sums[2 * l + 1].add_(at_z.sum(0));
    at_a = at::mm(at_z, weights[2 * l]);
  }
  return at_a;
}

SoftplusMlpImpl::SoftplusMlpImpl(std::int64_t inputs, const std::vector<std::int64_t>& hidden, double gain,
                                 Initializer& initializer) {
  for (std::size_t l = 0; l <= hidden.size(); ++l) {
    const bool is_last = l == hidden.size();
    layers_.push_back(register_module(std::to_string(l),
                                      Dense(inputs, is_last ? 1 : hidden[l], gain, initializer, !is_last)));
    if (!is_last) inputs = hidden[l];
  }
}

Tensor SoftplusMlpImpl::value(const Tensor& x) const {
  Tensor a = x;
  for (std::size_t l = 0; l + 1 < layers_.size(); ++l) a = softplus_of(layers_[l]->forward(a));
  return layers_.back()->forward(a).squeeze(1);
}

Weights SoftplusMlpImpl::weights() const {
  Weights list;
  for (const Dense& layer : layers_) {
    list.push_back(layer->weight);
    if (layer->bias.defined()) list.push_back(layer->bias);
  }
  return list;
}

Tensor SoftplusMlpImpl::gradient(const Tensor& x) const {
  return GradientOfMlp::apply(x.contiguous(), at::TensorList(weights()));
}

}  // namespace hamgen::model
