#include "model/dense_rows.hpp"

#include "model/cpu_level.hpp"

namespace hamgen::model {
namespace {

constexpr std::int64_t few = 16;  // columns up to which a product is a matter of dots

void multiply(const float* x, const Tensor& matrix, const Tensor& its_transpose, const float* bias,
              const float* scale, float* y, std::int64_t rows) {
  const std::int64_t inputs = matrix.size(0), outputs = matrix.size(1);
  if (scale == nullptr && outputs < few)
    cpu_kernels().dots(x, its_transpose.data_ptr<float>(), bias, y, rows, outputs, inputs);
  else
    cpu_kernels().product(x, matrix.data_ptr<float>(), bias, scale, y, rows, outputs, inputs);
}

}  // namespace

LaidOutLayer::LaidOutLayer(const Tensor& weight_of, const Tensor& bias_of)
    : weight(weight_of.detach().contiguous()),
      transposed(weight.t().contiguous()),
      bias(bias_of.detach().contiguous()) {}

void LaidOutLayer::forward(const float* x, float* y, std::int64_t rows) const {
  multiply(x, transposed, weight, bias.data_ptr<float>(), nullptr, y, rows);
}

void LaidOutLayer::forward_without_bias(const float* x, float* y, std::int64_t rows) const {
  multiply(x, transposed, weight, nullptr, nullptr, y, rows);
}

void LaidOutLayer::backward(const float* x, const float* scale, float* y, std::int64_t rows) const {
  multiply(x, weight, transposed, nullptr, scale, y, rows);
}

OuterSum::OuterSum(const Tensor& weight)
    : is_transposed_(weight.size(0) > weight.size(1)),
      sum_(at::zeros({std::min(weight.size(0), weight.size(1)), std::max(weight.size(0), weight.size(1))},
                     weight.options())) {}

void OuterSum::add(const Tensor& u, const Tensor& v) {
  if (is_transposed_)
    sum_.addmm_(v.t(), u);
  else
    sum_.addmm_(u.t(), v);
}

void OuterSum::add(const float* u, const float* v, std::int64_t rows) {
  const auto add = cpu_kernels().add_transposed_product;
  if (is_transposed_)
    add(v, u, sum_.data_ptr<float>(), sum_.size(0), sum_.size(1), rows);
  else
    add(u, v, sum_.data_ptr<float>(), sum_.size(0), sum_.size(1), rows);
}

Tensor OuterSum::value() const {
  return is_transposed_ ? sum_.t() : sum_;
}

}  // namespace hamgen::model
