#include "model/kernels/softplus_gradient.hpp"

namespace hamgen::model {
namespace {

// w s_L, at every position.
Tensor last_u(const SoftplusLayers& layers, const Tensor& s) {
  return (s.view({-1, layers.last.size(0)}) * layers.last).view(s.sizes());
}

Tensor gradient_by_torch(const SoftplusLayers& layers, Trace& trace) {
  const std::size_t hidden = layers.hidden.size();
  for (std::size_t l = 0; l < hidden; ++l) {
    const RowLayer& layer = layers.hidden[l];
    const Tensor z = layer.forward(layer.columns(l == 0 ? trace.x : trace.a[l - 1]), true);
    trace.s[l] = z.sigmoid();
    if (l + 1 < hidden) trace.a[l] = softplus_of(z);
  }
  trace.u[hidden - 1] = last_u(layers, trace.s[hidden - 1]);
  for (std::size_t l = hidden - 1; l-- > 0;)
    trace.u[l] = layers.hidden[l + 1].backward(trace.u[l + 1]) * trace.s[l];
  return layers.hidden[0].backward(trace.u[0]);
}

Tensor pull_back_by_torch(const SoftplusLayers& layers, const Trace& trace, const Tensor& c,
                          SoftplusSums& sums) {
  const std::size_t hidden = layers.hidden.size();
  std::vector<Tensor> t;
  Tensor v = c;
  for (std::size_t l = 0; l < hidden; ++l) {  // grad f depends on x through every s_l
    const Tensor columns = layers.hidden[l].columns(v);
    t.push_back(layers.hidden[l].forward(columns, false));
    sums.hidden[l].add_weight(trace.u[l], columns);
    v = t[l] * trace.s[l];
  }
  sums.last.add_(v.view({-1, layers.last.size(0)}).sum(0));
  Tensor at_a;
  for (std::size_t l = hidden; l-- > 0;) {
    Tensor at_z = t[l] * trace.u[l] * (1 - trace.s[l]);
    if (at_a.defined()) at_z.addcmul_(at_a, trace.s[l]);
    sums.hidden[l].add_weight(at_z, layers.hidden[l].columns(l == 0 ? trace.x : trace.a[l - 1]));
    sums.hidden[l].add_bias(at_z);
    at_a = layers.hidden[l].backward(at_z);
  }
  return at_a;
}

}  // namespace

SoftplusLayers laid_out(const Weights& weights, const SoftplusShape& shape) {
  SoftplusLayers layers;
  layers.scale = shape.scale;
  layers.is_convolutional = weights.front().dim() == 4;
  std::int64_t size = shape.size;
  for (std::size_t l = 0; l < weights.size() / 2; ++l) {
    layers.hidden.emplace_back(weights[2 * l], weights[2 * l + 1],
                               l < shape.strides.size() ? shape.strides[l] : 1, size);
    size = layers.hidden.back().geometry().size_out();
  }
  layers.last = (weights.back().detach() * shape.scale).flatten();
  return layers;
}

SoftplusSums::SoftplusSums(const SoftplusLayers& layers)
    : last(at::zeros_like(layers.last)), scale(layers.scale), is_convolutional(layers.is_convolutional) {
  for (const RowLayer& layer : layers.hidden) hidden.emplace_back(layer.geometry(), last.options());
}

Weights SoftplusSums::flat() const {
  Weights weights;
  for (const LayerSums& layer : hidden) {
    weights.push_back(layer.weight(is_convolutional));
    weights.push_back(layer.bias());
  }
  const Tensor of_last = scale * last;
  weights.push_back(is_convolutional ? of_last.view({1, -1, 1, 1}) : of_last.unsqueeze(0));
  return weights;
}

Tensor mlp_gradient(const SoftplusLayers& layers, const Tensor& x, Trace& trace) {
  const std::size_t hidden = layers.hidden.size();
  trace = {x.detach().contiguous(), std::vector<Tensor>(hidden - 1), std::vector<Tensor>(hidden),
           std::vector<Tensor>(hidden)};
  if (!is_for_kernels(x)) return gradient_by_torch(layers, trace);
  for (auto* part : {&trace.a, &trace.s, &trace.u})
    for (std::size_t l = 0; l < part->size(); ++l)
      (*part)[l] = at::empty({x.size(0), layers.hidden[l].geometry().outputs()}, x.options());
  return gradient_by_rows(layers, trace);
}

Tensor pull_back_gradient(const SoftplusLayers& layers, const Trace& trace, const Tensor& c,
                          SoftplusSums& sums) {
  if (is_for_kernels(c)) return pull_back_by_rows(layers, trace, c.contiguous(), sums);
  return pull_back_by_torch(layers, trace, c, sums);
}

Tensor softplus_of(const Tensor& z) {
  return z.relu() + z.abs().neg().exp().log1p();
}

}  // namespace hamgen::model
