#include <algorithm>

#include "model/cpu_level.hpp"
#include "model/softplus_gradient.hpp"

namespace hamgen::model {
namespace {

void gradient_of_block(const SoftplusLayers& layers, const Trace& trace, const Tensor& gradient,
                       std::int64_t begin, std::int64_t rows) {
  const CpuKernels& kernels = cpu_kernels();
  const std::size_t hidden = layers.hidden.size();
  for (std::size_t l = 0; l < hidden; ++l) {
    float* s = row_of(trace.s[l], begin);
    layers.hidden[l].forward(row_of(l == 0 ? trace.x : trace.a[l - 1], begin), s, rows);
    if (l + 1 < hidden)
      kernels.softplus_and_sigmoid(s, row_of(trace.a[l], begin), rows * layers.hidden[l].units());
    else
      kernels.sigmoid(s, rows * layers.hidden[l].units());
  }
  kernels.scale_columns(row_of(trace.s[hidden - 1], begin), layers.last.data_ptr<float>(),
                        row_of(trace.u[hidden - 1], begin), rows, layers.last.size(0));
  for (std::size_t l = hidden; l-- > 0;)
    layers.hidden[l].backward(row_of(trace.u[l], begin), l > 0 ? row_of(trace.s[l - 1], begin) : nullptr,
                              row_of(l > 0 ? trace.u[l - 1] : gradient, begin), rows);
}

// Room for one block: t_l of every layer, then v and da, which may be as wide as any layer.
class Scratch {
 public:
  explicit Scratch(const SoftplusLayers& layers) : begin_{0} {
    std::int64_t widest = 0;
    for (const LaidOutLayer& layer : layers.hidden) {
      begin_.push_back(begin_.back() + row_block * layer.units());
      widest = std::max({widest, layer.units(), layer.inputs()});
    }
    for (int i = 0; i < 2; ++i) begin_.push_back(begin_.back() + row_block * widest);
    numbers_.resize(static_cast<std::size_t>(begin_.back()));
  }
  float* t(std::size_t l) { return numbers_.data() + begin_[l]; }
  float* v() { return numbers_.data() + begin_[begin_.size() - 3]; }
  float* at_a() { return numbers_.data() + begin_[begin_.size() - 2]; }

 private:
  std::vector<std::int64_t> begin_;
  std::vector<float> numbers_;
};

void pull_back_block(const SoftplusLayers& layers, const Trace& trace, const float* c, SoftplusSums& sums,
                     Scratch& scratch, float* at_x, std::int64_t begin, std::int64_t rows) {
  const CpuKernels& kernels = cpu_kernels();
  const std::size_t hidden = layers.hidden.size();
  for (std::size_t l = 0; l < hidden; ++l) {
    const LaidOutLayer& layer = layers.hidden[l];
    const float* v = l == 0 ? c : scratch.v();
    layer.forward_without_bias(v, scratch.t(l), rows);
    sums.weight[l].add(row_of(trace.u[l], begin), v, rows);
    kernels.multiply(scratch.t(l), row_of(trace.s[l], begin), scratch.v(), rows * layer.units());
  }
  kernels.add_column_sums(scratch.v(), sums.last.data_ptr<float>(), rows, layers.last.size(0));
  for (std::size_t l = hidden; l-- > 0;) {
    const LaidOutLayer& layer = layers.hidden[l];
    kernels.pull_back_sigmoid(scratch.t(l), row_of(trace.s[l], begin), row_of(trace.u[l], begin),
                              l + 1 < hidden ? scratch.at_a() : nullptr, rows * layer.units());
    sums.weight[l].add(scratch.t(l), row_of(l == 0 ? trace.x : trace.a[l - 1], begin), rows);
    kernels.add_column_sums(scratch.t(l), sums.bias[l].data_ptr<float>(), rows, layer.units());
    layer.backward(scratch.t(l), nullptr, l == 0 ? at_x : scratch.at_a(), rows);
  }
}

}  // namespace

Tensor gradient_by_rows(const SoftplusLayers& layers, Trace& trace) {
  Tensor gradient = at::empty_like(trace.x);
  for_blocks(trace.x.size(0), [&](std::int64_t begin, std::int64_t rows) {
    gradient_of_block(layers, trace, gradient, begin, rows);
  });
  return gradient;
}

Tensor pull_back_by_rows(const SoftplusLayers& layers, const Trace& trace, const Tensor& c,
                         SoftplusSums& sums) {
  Tensor at_x = at::empty_like(trace.x);
  Scratch scratch(layers);
  for_blocks(trace.x.size(0), [&](std::int64_t begin, std::int64_t rows) {
    pull_back_block(layers, trace, row_of(c, begin), sums, scratch, row_of(at_x, begin), begin, rows);
  });
  return at_x;
}

}  // namespace hamgen::model
