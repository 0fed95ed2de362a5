#include "model/softplus_mlp.hpp"

#include "model/softplus_kernel.hpp"

namespace hamgen::model {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// W_1, b_1, ..., W_L, b_L, w.
struct Weights {
  explicit Weights(const variable_list& list) : list_(list) {}
  std::size_t hidden() const { return list_.size() / 2; }
  const Tensor& weight(std::size_t layer) const { return list_[2 * layer]; }  // from 0 on: W_1, ..., w
  const Tensor& bias(std::size_t layer) const { return list_[2 * layer + 1]; }

 private:
  const variable_list& list_;
};

// Of every hidden layer, [B, units] each: what the backward pass needs.
struct Trace {
  std::vector<Tensor> a, s, u;  // a: none of the last layer

  Trace(const Tensor& x, const Weights& weights) {
    for (std::size_t l = 0; l < weights.hidden(); ++l) {
      const auto empty = [&] { return at::empty({x.size(0), weights.weight(l).size(0)}, x.options()); };
      if (l + 1 < weights.hidden()) a.push_back(empty());
      s.push_back(empty());
      u.push_back(empty());
    }
  }
  Trace(const variable_list& saved, std::size_t hidden) {
    auto next = saved.end() - static_cast<std::ptrdiff_t>(3 * hidden - 1);
    for (auto* part : {&a, &s, &u})
      for (std::size_t l = 0; l < hidden - (part == &a); ++l) part->push_back(*next++);
  }
  void append_to(variable_list& saved) const {
    for (const auto* part : {&a, &s, &u}) saved.insert(saved.end(), part->begin(), part->end());
  }
};

Tensor trace_gradient(const Tensor& x, const Weights& weights, Trace& trace) {
  const std::size_t hidden = weights.hidden();
  for (std::size_t l = 0; l < hidden; ++l) {
    at::addmm_out(trace.s[l], weights.bias(l), l == 0 ? x : trace.a[l - 1], weights.weight(l).t());
    softplus_and_sigmoid(trace.s[l], l + 1 < hidden ? trace.a[l] : Tensor());
  }
  at::mul_out(trace.u[hidden - 1], trace.s[hidden - 1], weights.weight(hidden));
  for (std::size_t l = hidden - 1; l-- > 0;) {
    at::mm_out(trace.u[l], trace.u[l + 1], weights.weight(l + 1));
    trace.u[l].mul_(trace.s[l]);
  }
  return at::mm(trace.u[0], weights.weight(0));
}

// What the cotangent c of the gradient means for x and for the weights, in the order of `Weights`.
variable_list pull_back(const Tensor& x, const Weights& weights, const Trace& trace, const Tensor& c) {
  const std::size_t hidden = weights.hidden();
  variable_list result(2 * hidden + 2);
  const auto at_weight = [&](std::size_t l) -> Tensor& { return result[1 + 2 * l]; };
  std::vector<Tensor> at_u;
  Tensor v = c;
  for (std::size_t l = 0; l < hidden; ++l) {  // grad f depends on x through every s_l
    at_u.push_back(at::mm(v, weights.weight(l).t()));
    at_weight(l) = at::mm(trace.u[l].t(), v);
    v = at_u[l] * trace.s[l];
  }
  at_weight(hidden) = v.sum(0, true);
  Tensor at_a;
  for (std::size_t l = hidden; l-- > 0;) {
    Tensor& at_z = at_u[l];
    pull_back_sigmoid(at_z, trace.s[l], trace.u[l], at_a);
    at_weight(l).addmm_(at_z.t(), l == 0 ? x : trace.a[l - 1]);
    result[2 + 2 * l] = at_z.sum(0);
    at_a = at::mm(at_z, weights.weight(l));
  }
  result[0] = at_a;
  return result;
}

struct GradientOfMlp : public torch::autograd::Function<GradientOfMlp> {
  static Tensor forward(AutogradContext* context, const Tensor& x, at::TensorList tensors) {
    const variable_list list = tensors.vec();
    const Weights weights(list);
    Trace trace(x, weights);
    const Tensor gradient = trace_gradient(x, weights, trace);
    variable_list saved{x};
    saved.insert(saved.end(), list.begin(), list.end());
    trace.append_to(saved);
    context->save_for_backward(saved);
    return gradient;
  }

  static variable_list backward(AutogradContext* context, const variable_list& cotangents) {
    const variable_list saved = context->get_saved_variables();
    const std::size_t hidden = (saved.size() - 1) / 5;  // x, 2 hidden + 1 weights, 3 hidden - 1 of the trace
    const variable_list list(saved.begin() + 1, saved.begin() + 2 + static_cast<std::ptrdiff_t>(2 * hidden));
    const at::NoGradGuard no_grad;
    return pull_back(saved[0], Weights(list), Trace(saved, hidden), cotangents[0].contiguous());
  }
};

}  // namespace

SoftplusMlpImpl::SoftplusMlpImpl(std::int64_t inputs, const std::vector<std::int64_t>& hidden,
                                 Initializer& initializer) {
  for (std::size_t l = 0; l <= hidden.size(); ++l) {
    const bool is_last = l == hidden.size();
    layers_.push_back(register_module(
        std::to_string(l), Dense(inputs, is_last ? 1 : hidden[l], small_gain, initializer, !is_last)));
    if (!is_last) inputs = hidden[l];
  }
}

Tensor SoftplusMlpImpl::value(const Tensor& x) const {
  Tensor a = x;
  for (std::size_t l = 0; l + 1 < layers_.size(); ++l) a = softplus_of(layers_[l]->forward(a));
  return layers_.back()->forward(a).squeeze(1);
}

Tensor SoftplusMlpImpl::gradient(const Tensor& x) const {
  variable_list list;
  for (const Dense& layer : layers_) {
    list.push_back(layer->weight);
    if (layer->bias.defined()) list.push_back(layer->bias);
  }
  return GradientOfMlp::apply(x.contiguous(), at::TensorList(list));
}

}  // namespace hamgen::model
