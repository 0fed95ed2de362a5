// Dense layers on fp32 rows in the CPU's memory, by the kernels of cpu_kernels.hpp; what ReLU and softplus
// networks share.
#pragma once

#include <algorithm>
#include <vector>

#include "model/torch.hpp"

namespace hamgen::model {

// The weights of a network as a flat list: W_1, b_1, ..., each W [units, inputs].
using Weights = std::vector<Tensor>;

inline bool is_for_kernels(const Tensor& x) {
  return x.device().is_cpu() && x.scalar_type() == at::kFloat;
}

// Row `row` of a dense matrix [B, n].
inline float* row_of(const Tensor& x, std::int64_t row) {
  return x.data_ptr<float>() + row * x.size(1);
}

// A layer's weights for both directions.
struct LaidOutLayer {
  LaidOutLayer(const Tensor& weight, const Tensor& bias);
  std::int64_t units() const { return weight.size(0); }
  std::int64_t inputs() const { return weight.size(1); }
  // y [rows, units] = x W^T + b, or without b.
  void forward(const float* x, float* y, std::int64_t rows) const;
  void forward_without_bias(const float* x, float* y, std::int64_t rows) const;
  // y [rows, inputs] = x W, times scale [rows, inputs] where it is given.
  void backward(const float* x, const float* scale, float* y, std::int64_t rows) const;

  Tensor weight, transposed, bias;
};

// The sum over rows of u^T v, u [B, units], v [B, inputs]: a cotangent of W. Kept as its transpose where that
// has the longer rows, as the kernels like it.
class OuterSum {
 public:
  explicit OuterSum(const Tensor& weight);
  void add(const Tensor& u, const Tensor& v);
  void add(const float* u, const float* v, std::int64_t rows);  // fp32 on the CPU
  Tensor value() const;                                         // [units, inputs]

 private:
  bool is_transposed_;
  Tensor sum_;
};

// For blocks of rows that stay in the second cache, from first to last: work(begin, rows).
inline constexpr std::int64_t row_block = 64;
template <class Work>
void for_blocks(std::int64_t rows, const Work& work) {
  for (std::int64_t begin = 0; begin < rows; begin += row_block)
    work(begin, std::min(row_block, rows - begin));
}

}  // namespace hamgen::model
