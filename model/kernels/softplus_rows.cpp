#include "model/kernels/cpu_level.hpp"
#include "model/kernels/softplus_gradient.hpp"

namespace hamgen::model {
namespace {

// Room for one block: columns, then t_l of every layer, then v and da, which may be as wide as any layer.
class Scratch {
 public:
  Scratch(const SoftplusLayers& layers, std::int64_t rows) : begin_{0} {
    std::int64_t widest = 0, columns = 0;
    for (const RowLayer& layer : layers.hidden) {
      const Geometry& geometry = layer.geometry();
      widest = std::max({widest, geometry.outputs(), geometry.inputs()});
      columns = std::max(columns, layer.room(rows));
    }
    begin_.push_back(columns);
    for (int i = 0; i < 2; ++i) begin_.push_back(begin_.back() + rows * widest);
    for (const RowLayer& layer : layers.hidden)
      begin_.push_back(begin_.back() + rows * layer.geometry().outputs());
    numbers_.resize(static_cast<std::size_t>(begin_.back()));
  }
  float* columns() { return numbers_.data(); }
  float* v() { return numbers_.data() + begin_[1]; }
  float* at_a() { return numbers_.data() + begin_[2]; }
  float* t(std::size_t l) { return numbers_.data() + begin_[3 + l]; }

 private:
  std::vector<std::int64_t> begin_;
  std::vector<float> numbers_;
};

struct Block {
  std::int64_t begin, rows;
};

void gradient_of_block(const SoftplusLayers& layers, const Trace& trace, const Tensor& gradient,
                       Scratch& scratch, const Block& block) {
  const CpuKernels& kernels = cpu_kernels();
  const std::size_t hidden = layers.hidden.size();
  const auto at = [&](const Tensor& x) { return row_of(x, block.begin); };
  for (std::size_t l = 0; l < hidden; ++l) {
    const RowLayer& layer = layers.hidden[l];
    const std::int64_t size = block.rows * layer.geometry().outputs();
    float* s = at(trace.s[l]);
    layer.forward(layer.columns(at(l == 0 ? trace.x : trace.a[l - 1]), scratch.columns(), block.rows), true,
                  s, block.rows);
    if (l + 1 < hidden)
      kernels.softplus_and_sigmoid(s, at(trace.a[l]), size);
    else
      kernels.sigmoid(s, size);
  }
  kernels.scale_columns(at(trace.s[hidden - 1]), layers.last.data_ptr<float>(), at(trace.u[hidden - 1]),
                        block.rows * layers.hidden.back().geometry().positions(), layers.last.size(0));
  for (std::size_t l = hidden; l-- > 0;)
    layers.hidden[l].backward(at(trace.u[l]), l > 0 ? at(trace.s[l - 1]) : nullptr,
                              at(l > 0 ? trace.u[l - 1] : gradient), scratch.columns(), block.rows);
}

void pull_back_block(const SoftplusLayers& layers, const Trace& trace, const Tensor& c, SoftplusSums& sums,
                     const Tensor& at_x, Scratch& scratch, const Block& block) {
  const CpuKernels& kernels = cpu_kernels();
  const std::size_t hidden = layers.hidden.size();
  const auto at = [&](const Tensor& x) { return row_of(x, block.begin); };
  for (std::size_t l = 0; l < hidden; ++l) {
    const RowLayer& layer = layers.hidden[l];
    const float* columns = layer.columns(l == 0 ? at(c) : scratch.v(), scratch.columns(), block.rows);
    layer.forward(columns, false, scratch.t(l), block.rows);
    sums.hidden[l].add_weight(at(trace.u[l]), columns, block.rows);
    kernels.multiply(scratch.t(l), at(trace.s[l]), scratch.v(), block.rows * layer.geometry().outputs());
  }
  kernels.add_column_sums(scratch.v(), sums.last.data_ptr<float>(),
                          block.rows * layers.hidden.back().geometry().positions(), layers.last.size(0));
  for (std::size_t l = hidden; l-- > 0;) {
    const RowLayer& layer = layers.hidden[l];
    kernels.pull_back_sigmoid(scratch.t(l), at(trace.s[l]), at(trace.u[l]),
                              l + 1 < hidden ? scratch.at_a() : nullptr,
                              block.rows * layer.geometry().outputs());
    const float* columns =
        layer.columns(at(l == 0 ? trace.x : trace.a[l - 1]), scratch.columns(), block.rows);
    sums.hidden[l].add_weight(scratch.t(l), columns, block.rows);
    sums.hidden[l].add_bias(scratch.t(l), block.rows);
    layer.backward(scratch.t(l), nullptr, l == 0 ? at(at_x) : scratch.at_a(), scratch.columns(), block.rows);
  }
}

template <class Work>
void for_blocks_of(const SoftplusLayers& layers, std::int64_t rows, const Work& work) {
  const std::int64_t positions = layers.hidden.front().geometry().positions();
  Scratch scratch(layers, std::min(rows, block_rows(positions)));
  for_blocks(rows, positions, [&](std::int64_t begin, std::int64_t count) {
    work(scratch, Block{begin, count});
  });
}

}  // namespace

Tensor gradient_by_rows(const SoftplusLayers& layers, Trace& trace) {
  Tensor gradient = at::empty_like(trace.x);
  for_blocks_of(layers, trace.x.size(0), [&](Scratch& scratch, const Block& block) {
    gradient_of_block(layers, trace, gradient, scratch, block);
  });
  return gradient;
}

Tensor pull_back_by_rows(const SoftplusLayers& layers, const Trace& trace, const Tensor& c,
                         SoftplusSums& sums) {
  Tensor at_x = at::empty_like(trace.x);
  for_blocks_of(layers, trace.x.size(0), [&](Scratch& scratch, const Block& block) {
    pull_back_block(layers, trace, c, sums, at_x, scratch, block);
  });
  return at_x;
}

}  // namespace hamgen::model
