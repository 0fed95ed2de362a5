#include "model/softplus_gradient.hpp"

namespace hamgen::model {
namespace {

Tensor gradient_by_torch(const SoftplusLayers& layers, Trace& trace) {
  const std::size_t hidden = layers.hidden.size();
  for (std::size_t l = 0; l < hidden; ++l) {
    const Tensor z =
        at::addmm(layers.hidden[l].bias, l == 0 ? trace.x : trace.a[l - 1], layers.hidden[l].transposed);
    trace.s[l] = z.sigmoid();
    if (l + 1 < hidden) trace.a[l] = softplus_of(z);
  }
  trace.u[hidden - 1] = trace.s[hidden - 1] * layers.last;
  for (std::size_t l = hidden - 1; l-- > 0;)
    trace.u[l] = at::mm(trace.u[l + 1], layers.hidden[l + 1].weight).mul_(trace.s[l]);
  return at::mm(trace.u[0], layers.hidden[0].weight);
}

Tensor pull_back_by_torch(const SoftplusLayers& layers, const Trace& trace, const Tensor& c,
                          SoftplusSums& sums) {
  const std::size_t hidden = layers.hidden.size();
  std::vector<Tensor> t;
  Tensor v = c;
  for (std::size_t l = 0; l < hidden; ++l) {  // grad f depends on x through every s_l
    t.push_back(at::mm(v, layers.hidden[l].transposed));
    sums.weight[l].add(trace.u[l], v);
    v = t[l] * trace.s[l];
  }
  sums.last.add_(v.sum(0));
  Tensor at_a;
  for (std::size_t l = hidden; l-- > 0;) {
    Tensor at_z = t[l] * trace.u[l] * (1 - trace.s[l]);
    if (at_a.defined()) at_z.addcmul_(at_a, trace.s[l]);
    sums.weight[l].add(at_z, l == 0 ? trace.x : trace.a[l - 1]);
    sums.bias[l].add_(at_z.sum(0));
    at_a = at::mm(at_z, layers.hidden[l].weight);
  }
  return at_a;
}

}  // namespace

SoftplusLayers laid_out(const Weights& weights) {
  SoftplusLayers layers;
  for (std::size_t l = 0; l < weights.size() / 2; ++l)
    layers.hidden.emplace_back(weights[2 * l], weights[2 * l + 1]);
  layers.last = weights.back().detach().flatten();
  return layers;
}

SoftplusSums::SoftplusSums(const SoftplusLayers& layers) : last(at::zeros_like(layers.last)) {
  for (const LaidOutLayer& layer : layers.hidden) {
    weight.emplace_back(layer.weight);
    bias.push_back(at::zeros_like(layer.bias));
  }
}

Weights SoftplusSums::flat() const {
  Weights weights;
  for (std::size_t l = 0; l < bias.size(); ++l) {
    weights.push_back(weight[l].value());
    weights.push_back(bias[l]);
  }
  weights.push_back(last.unsqueeze(0));
  return weights;
}

Tensor mlp_gradient(const SoftplusLayers& layers, const Tensor& x, Trace& trace) {
  const std::size_t hidden = layers.hidden.size();
  trace = {x.detach().contiguous(), std::vector<Tensor>(hidden - 1), std::vector<Tensor>(hidden),
           std::vector<Tensor>(hidden)};
  if (!is_for_kernels(x)) return gradient_by_torch(layers, trace);
  for (auto* part : {&trace.a, &trace.s, &trace.u})
    for (std::size_t l = 0; l < part->size(); ++l)
      (*part)[l] = at::empty({x.size(0), layers.hidden[l].units()}, x.options());
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
