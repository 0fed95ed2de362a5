// The layers of small networks as products of matrices: dense ones, and convolutions of small square images,
// each of whose positions is a product with the pixels around it. A row is one image, [size, size, channels]
// flat, or the inputs of a dense layer. fp32 on the CPU goes through the kernels of cpu_kernels.hpp, block by
// block of rows.
#pragma once

#include <algorithm>
#include <vector>

#include "model/base/torch.hpp"

namespace hamgen::model {

// The weights of a network as a flat list: W_1, b_1, ..., each W [units, inputs] or [filters, channels, k,
// k].
using Weights = std::vector<Tensor>;

inline bool is_for_kernels(const Tensor& x) {
  return x.device().is_cpu() && x.scalar_type() == at::kFloat;
}

// Row `row` of a matrix [B, n] without gaps.
inline float* row_of(const Tensor& x, std::int64_t row) {
  return x.data_ptr<float>() + row * x.size(1);
}

// A dense layer is a convolution of one pixel. Padding is shared out as ConvImpl does.
struct Geometry {
  std::int64_t channels = 1, filters = 1, kernel = 1, stride = 1, size = 1;

  std::int64_t size_out() const { return (size + stride - 1) / stride; }
  std::int64_t positions() const { return size_out() * size_out(); }
  std::int64_t inputs() const { return size * size * channels; }    // numbers of a row before
  std::int64_t outputs() const { return positions() * filters; }    // and after the layer
  std::int64_t taps() const { return kernel * kernel * channels; }  // numbers that one position looks at
  std::int64_t padding() const {
    return std::max<std::int64_t>(0, (size_out() - 1) * stride + kernel - size);
  }
  bool is_pointwise() const { return kernel == 1 && stride == 1; }
};

// A layer's weights for both directions.
class RowLayer {
 public:
  // `size`: of the images, for a weight of four dimensions.
  RowLayer(const Tensor& weight, const Tensor& bias, std::int64_t stride = 1, std::int64_t size = 1);
  const Geometry& geometry() const { return geometry_; }

  // All rows, in any type, by LibTorch. columns(): what each position looks at, [B positions, taps].
  Tensor columns(const Tensor& x) const;
  Tensor forward(const Tensor& columns, bool has_bias) const;  // -> [B, outputs]
  Tensor backward(const Tensor& y) const;                      // [B, outputs] -> [B, inputs]

  // fp32 on the CPU, `rows` rows. The result of columns() lies in x itself or in `room` [rows positions
  // taps].
  const float* columns(const float* x, float* room, std::int64_t rows) const;
  void forward(const float* columns, bool has_bias, float* y, std::int64_t rows) const;
  // x = y W, times scale [rows, inputs] where it is given.
  void backward(const float* y, const float* scale, float* x, float* room, std::int64_t rows) const;
  std::int64_t room(std::int64_t rows) const {
    return geometry_.is_pointwise() ? 0 : rows * geometry_.positions() * geometry_.taps();
  }

 private:
  Geometry geometry_;
  Tensor weight_, transposed_, bias_;  // [filters, taps], [taps, filters], [filters]
};

// Sums of the cotangents of W and b. That of W is the sum over positions of u^T v, with u [filters], v
// [taps], kept as its transpose where that has the longer rows, as the kernels like it.
class LayerSums {
 public:
  LayerSums(const Geometry& geometry, const at::TensorOptions& options);  // zero
  void add_weight(const Tensor& u, const Tensor& columns);
  void add_bias(const Tensor& u);
  void add_weight(const float* u, const float* columns, std::int64_t rows);
  void add_bias(const float* u, std::int64_t rows);
  // In the shapes of the weights.
  Tensor weight(bool is_convolution) const;
  const Tensor& bias() const { return bias_; }

 private:
  Geometry geometry_;
  bool is_transposed_;
  Tensor weight_, bias_;
};

// For blocks of rows that stay in the second cache, from first to last: work(begin, rows). Each row has
// `positions`.
inline constexpr std::int64_t block_positions = 64;
inline std::int64_t block_rows(std::int64_t positions) {
  return std::max<std::int64_t>(1, block_positions / positions);
}
template <class Work>
void for_blocks(std::int64_t rows, std::int64_t positions, const Work& work) {
  const std::int64_t block = block_rows(positions);
  for (std::int64_t begin = 0; begin < rows; begin += block) work(begin, std::min(block, rows - begin));
}

}  // namespace hamgen::model
