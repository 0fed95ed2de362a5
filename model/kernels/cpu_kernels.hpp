// Loops over fp32 numbers in the CPU's memory for networks too small for a framework's overhead. The source
// cpu_kernels.cpp is compiled once for every level of x86-64 that differs in its vectors; the widest that the
// CPU has is taken when the program starts. All matrices are row-major and dense; outputs overlap no input.
#pragma once

#include <cstdint>

namespace hamgen::model {

struct CpuKernels {
  // c [m, n] = (bias [n] or 0) + a [m, k] b [k, n], then times scale [m, n] where it is given.
  void (*product)(const float* a, const float* b, const float* bias, const float* scale, float* c,
                  std::int64_t m, std::int64_t n, std::int64_t k);
  // c [m, n] = (bias [n] or 0) + a [m, k] b^T, b [n, k]: for few columns n.
  void (*dots)(const float* a, const float* b, const float* bias, float* c, std::int64_t m, std::int64_t n,
               std::int64_t k);
  // c [m, n] += a^T b, a [rows, m], b [rows, n].
  void (*add_transposed_product)(const float* a, const float* b, float* c, std::int64_t m, std::int64_t n,
                                 std::int64_t rows);
  // sums [n] += the rows of a [rows, n].
  void (*add_column_sums)(const float* a, float* sums, std::int64_t rows, std::int64_t n);
  // c [size] += a.
  void (*add)(const float* a, float* c, std::int64_t size);
  // c [m, n] = a [m, n] times the row [n]; c [size] = a b, where c may be a.
  void (*scale_columns)(const float* a, const float* row, float* c, std::int64_t m, std::int64_t n);
  void (*multiply)(const float* a, const float* b, float* c, std::int64_t size);

  // z becomes 1 / (1 + e^-z); with softplus also log(1 + e^z). Errors below 3e-7 of the value, or 1e-38.
  void (*sigmoid)(float* z, std::int64_t size);
  void (*softplus_and_sigmoid)(float* z, float* softplus, std::int64_t size);
  // z becomes max(z, 0); its cotangent t becomes zero where a = max(z, 0) is.
  void (*relu)(float* z, std::int64_t size);
  void (*pull_back_relu)(float* t, const float* a, std::int64_t size);
  // t becomes t u (1 - s), plus a s where `a` is given.
  void (*pull_back_sigmoid)(float* t, const float* s, const float* u, const float* a, std::int64_t size);
};

}  // namespace hamgen::model
