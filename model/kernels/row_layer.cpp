#include "model/kernels/row_layer.hpp"

#include <cstring>

#include "model/base/profile.hpp"
#include "model/kernels/cpu_level.hpp"

namespace hamgen::model {
namespace {

constexpr std::int64_t few = 16;  // columns up to which a product is a matter of dots

// y [rows, outputs] = x [rows, inputs] matrix [inputs, outputs].
void multiply(const float* x, const Tensor& matrix, const Tensor& its_transpose, const float* bias,
              const float* scale, float* y, std::int64_t rows) {
  const std::int64_t inputs = matrix.size(0), outputs = matrix.size(1);
  operations_done().fetch_add(2 * rows * inputs * outputs, std::memory_order_relaxed);
  if (scale == nullptr && outputs < few)
    cpu_kernels().dots(x, its_transpose.data_ptr<float>(), bias, y, rows, outputs, inputs);
  else
    cpu_kernels().product(x, matrix.data_ptr<float>(), bias, scale, y, rows, outputs, inputs);
}

Geometry geometry_of(const Tensor& weight, std::int64_t stride, std::int64_t size) {
  if (weight.dim() == 2) return {weight.size(1), weight.size(0)};
  return {weight.size(1), weight.size(0), weight.size(2), stride, size};
}

// Taps in the order of a row: [filters, k, k, channels] flat.
Tensor matrix_of(const Tensor& weight) {
  const Tensor w = weight.detach();
  return (w.dim() == 2 ? w : w.permute({0, 2, 3, 1}).flatten(1)).contiguous();
}

// For every tap that lies within the image: work(image, place of its channels among the columns).
template <class Work>
void for_taps(const Geometry& g, std::int64_t rows, const Work& work) {
  const std::int64_t before = g.padding() / 2, out = g.size_out();
  std::int64_t place = 0;
  for (std::int64_t row = 0; row < rows; ++row)
    for (std::int64_t position = 0; position < out * out; ++position)
      for (std::int64_t tap = 0; tap < g.kernel * g.kernel; ++tap, place += g.channels) {
        const std::int64_t y = position / out * g.stride - before + tap / g.kernel,
                           x = position % out * g.stride - before + tap % g.kernel;
        const bool is_inside = y >= 0 && y < g.size && x >= 0 && x < g.size;
        work(is_inside ? ((row * g.size + y) * g.size + x) * g.channels : -1, place);
      }
}

}  // namespace

RowLayer::RowLayer(const Tensor& weight, const Tensor& bias, std::int64_t stride, std::int64_t size)
    : geometry_(geometry_of(weight, stride, size)),
      weight_(matrix_of(weight)),
      transposed_(weight_.t().contiguous()),
      bias_(bias.detach().contiguous()) {}

Tensor RowLayer::columns(const Tensor& x) const {
  const Geometry& g = geometry_;
  if (g.is_pointwise()) return x.reshape({-1, g.channels});
  const std::int64_t before = g.padding() / 2, after = g.padding() - before;
  const Tensor image = x.view({-1, g.size, g.size, g.channels}).permute({0, 3, 1, 2});
  const Tensor taps =
      at::im2col(at::constant_pad_nd(image, {before, after, before, after}), {g.kernel, g.kernel}, {1, 1},
                 {0, 0}, {g.stride, g.stride});  // [B, channels k k, positions]
  return taps.view({x.size(0), g.channels, g.kernel * g.kernel, g.positions()})
      .permute({0, 3, 2, 1})
      .reshape({-1, g.taps()});
}

Tensor RowLayer::forward(const Tensor& columns, bool has_bias) const {
  const Tensor y = has_bias ? at::addmm(bias_, columns, transposed_) : at::mm(columns, transposed_);
  return y.view({-1, geometry_.outputs()});
}

Tensor RowLayer::backward(const Tensor& y) const {
  const Geometry& g = geometry_;
  const Tensor columns = at::mm(y.reshape({-1, g.filters}), weight_);
  if (g.is_pointwise()) return columns.view({-1, g.inputs()});
  const Tensor taps = columns.view({y.size(0), g.positions(), g.kernel * g.kernel, g.channels})
                          .permute({0, 3, 2, 1})
                          .flatten(1, 2);
  const std::int64_t before = g.padding() / 2, padded = g.size + g.padding();
  const Tensor image = at::col2im(taps.contiguous(), {padded, padded}, {g.kernel, g.kernel}, {1, 1}, {0, 0},
                                  {g.stride, g.stride});
  return image.slice(2, before, before + g.size)
      .slice(3, before, before + g.size)
      .permute({0, 2, 3, 1})
      .flatten(1);
}

const float* RowLayer::columns(const float* x, float* room, std::int64_t rows) const {
  if (geometry_.is_pointwise()) return x;
  const auto bytes = static_cast<std::size_t>(geometry_.channels) * sizeof(float);
  for_taps(geometry_, rows, [&](std::int64_t from, std::int64_t place) {
    if (from < 0)
      std::memset(room + place, 0, bytes);
    else
      std::memcpy(room + place, x + from, bytes);
  });
  return room;
}

void RowLayer::forward(const float* columns, bool has_bias, float* y, std::int64_t rows) const {
  multiply(columns, transposed_, weight_, has_bias ? bias_.data_ptr<float>() : nullptr, nullptr, y,
           rows * geometry_.positions());
}

void RowLayer::backward(const float* y, const float* scale, float* x, float* room, std::int64_t rows) const {
  const Geometry& g = geometry_;
  if (g.is_pointwise()) return multiply(y, weight_, transposed_, nullptr, scale, x, rows * g.positions());
  multiply(y, weight_, transposed_, nullptr, nullptr, room, rows * g.positions());
  std::memset(x, 0, static_cast<std::size_t>(rows * g.inputs()) * sizeof(float));
  for_taps(g, rows, [&](std::int64_t to, std::int64_t place) {
    if (to >= 0) cpu_kernels().add(room + place, x + to, g.channels);
  });
  if (scale != nullptr) cpu_kernels().multiply(x, scale, x, rows * g.inputs());
}

LayerSums::LayerSums(const Geometry& geometry, const at::TensorOptions& options)
    : geometry_(geometry),
      is_transposed_(geometry.filters > geometry.taps()),
      weight_(at::zeros(
          {std::min(geometry.filters, geometry.taps()), std::max(geometry.filters, geometry.taps())},
          options)),
      bias_(at::zeros({geometry.filters}, options)) {}

void LayerSums::add_weight(const Tensor& u, const Tensor& columns) {
  const Tensor by_position = u.reshape({-1, geometry_.filters});
  if (is_transposed_)
    weight_.addmm_(columns.t(), by_position);
  else
    weight_.addmm_(by_position.t(), columns);
}

void LayerSums::add_bias(const Tensor& u) {
  bias_.add_(u.reshape({-1, geometry_.filters}).sum(0));
}

void LayerSums::add_weight(const float* u, const float* columns, std::int64_t rows) {
  const auto add = cpu_kernels().add_transposed_product;
  const std::int64_t positions = rows * geometry_.positions(), filters = geometry_.filters,
                     taps = geometry_.taps();
  operations_done().fetch_add(2 * positions * filters * taps, std::memory_order_relaxed);
  if (is_transposed_)
    add(columns, u, weight_.data_ptr<float>(), taps, filters, positions);
  else
    add(u, columns, weight_.data_ptr<float>(), filters, taps, positions);
}

void LayerSums::add_bias(const float* u, std::int64_t rows) {
  cpu_kernels().add_column_sums(u, bias_.data_ptr<float>(), rows * geometry_.positions(), geometry_.filters);
}

Tensor LayerSums::weight(bool is_convolution) const {
  const Geometry& g = geometry_;
  const Tensor matrix = is_transposed_ ? weight_.t() : weight_;
  if (!is_convolution) return matrix;
  return matrix.reshape({g.filters, g.kernel, g.kernel, g.channels}).permute({0, 3, 1, 2});
}

}  // namespace hamgen::model
