// Compiled several times, each time for another level of CPU: no header with inline functions may be
// included, or the linker could keep the copy that other CPUs cannot run.
#include "model/kernels/cpu_kernels.hpp"

namespace hamgen::model {
namespace {

#if defined(__AVX512F__)
constexpr int width = 16, tile_rows = 8;
#elif defined(__AVX__)
constexpr int width = 8, tile_rows = 6;
#else
constexpr int width = 4, tile_rows = 6;
#endif
typedef float Vector __attribute__((vector_size(width * sizeof(float))));  // NOLINT: no alias declaration can

template <class V>
inline V load(const float* from) {
  V v;
  __builtin_memcpy(&v, from, sizeof(V));
  return v;
}

template <class V>
inline void store(float* to, const V& v) {
  __builtin_memcpy(to, &v, sizeof(V));
}

// Element (i, k) of a matrix is at data[i * row + k * column]: a matrix or its transpose.
struct Strided {
  const float* data;
  std::int64_t row, column;
};

// What a product begins with and ends with, at one tile's place; null: nothing.
struct Around {
  const float *bias, *scale;
  bool adds;
};

// Of c = a b, `rows` rows and C vectors V of columns: all sums stay in registers.
template <int rows, class V, int C>
inline void tile(const Strided& a, const float* b, float* c, std::int64_t n, std::int64_t k,
                 const Around& around) {
  constexpr int lanes = sizeof(V) / sizeof(float);
  V sums[rows][C];
  for (int i = 0; i < rows; ++i)
    for (int j = 0; j < C; ++j)
      sums[i][j] = around.adds              ? load<V>(c + i * n + j * lanes)
                   : around.bias != nullptr ? load<V>(around.bias + j * lanes)
                                            : V{};
  for (std::int64_t l = 0; l < k; ++l) {
    V row[C];
    for (int j = 0; j < C; ++j) row[j] = load<V>(b + l * n + j * lanes);
#pragma GCC unroll 8
    for (int i = 0; i < rows; ++i) {
      const float x = a.data[i * a.row + l * a.column];
      for (int j = 0; j < C; ++j) sums[i][j] += x * row[j];
    }
  }
  for (int i = 0; i < rows; ++i)
    for (int j = 0; j < C; ++j) {
      const std::int64_t place = i * n + j * lanes;
      store<V>(c + place, around.scale != nullptr ? sums[i][j] * load<V>(around.scale + place) : sums[i][j]);
    }
}

template <int rows, class V, int C>
inline void tile_of(std::int64_t count, const Strided& a, const float* b, float* c, std::int64_t n,
                    std::int64_t k, const Around& around) {
  if (count >= rows) return tile<rows, V, C>(a, b, c, n, k, around);
  if constexpr (rows > 1) tile_of<rows - 1, V, C>(count, a, b, c, n, k, around);
}

// All rows of the columns from j on, a panel of C vectors: b's panel stays in the nearest cache.
template <class V, int C>
inline void panel(const Strided& a, const float* b, float* c, std::int64_t m, std::int64_t n, std::int64_t k,
                  const Around& around, std::int64_t j) {
  for (std::int64_t i = 0; i < m; i += tile_rows)
    tile_of<tile_rows, V, C>(m - i, {a.data + i * a.row, a.row, a.column}, b + j, c + i * n + j, n, k,
                             {around.bias != nullptr ? around.bias + j : nullptr,
                              around.scale != nullptr ? around.scale + i * n + j : nullptr, around.adds});
}

inline void multiply_matrices(const Strided& a, const float* b, float* c, std::int64_t m, std::int64_t n,
                              std::int64_t k, const Around& around) {
  std::int64_t j = 0;
  for (; j + 2 * width <= n; j += 2 * width) panel<Vector, 2>(a, b, c, m, n, k, around, j);
  for (; j + width <= n; j += width) panel<Vector, 1>(a, b, c, m, n, k, around, j);
  for (; j < n; ++j) panel<float, 1>(a, b, c, m, n, k, around, j);
}

void product(const float* a, const float* b, const float* bias, const float* scale, float* c, std::int64_t m,
             std::int64_t n, std::int64_t k) {
  multiply_matrices({a, k, 1}, b, c, m, n, k, {bias, scale, false});
}

void add_transposed_product(const float* a, const float* b, float* c, std::int64_t m, std::int64_t n,
                            std::int64_t rows) {
  multiply_matrices({a, 1, m}, b, c, m, n, rows, {nullptr, nullptr, true});
}

void dots(const float* a, const float* b, const float* bias, float* c, std::int64_t m, std::int64_t n,
          std::int64_t k) {
  for (std::int64_t i = 0; i < m; ++i)
    for (std::int64_t j = 0; j < n; ++j) {
      const float *x = a + i * k, *y = b + j * k;
      Vector sums{};
      std::int64_t l = 0;
      for (; l + width <= k; l += width) sums += load<Vector>(x + l) * load<Vector>(y + l);
      float sum = bias != nullptr ? bias[j] : 0;
      for (int lane = 0; lane < width; ++lane) sum += sums[lane];
      for (; l < k; ++l) sum += x[l] * y[l];
      c[i * n + j] = sum;
    }
}

void add_column_sums(const float* a, float* __restrict sums, std::int64_t rows, std::int64_t n) {
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t j = 0; j < n; ++j) sums[j] += a[i * n + j];
}

void add(const float* a, float* __restrict c, std::int64_t size) {
  for (std::int64_t i = 0; i < size; ++i) c[i] += a[i];
}

void scale_columns(const float* a, const float* row, float* __restrict c, std::int64_t m, std::int64_t n) {
  for (std::int64_t i = 0; i < m; ++i)
    for (std::int64_t j = 0; j < n; ++j) c[i * n + j] = a[i * n + j] * row[j];
}

void multiply(const float* a, const float* b, float* c, std::int64_t size) {
#pragma GCC ivdep
  for (std::int64_t i = 0; i < size; ++i) c[i] = a[i] * b[i];
}

// e^-y for y in [0, 87]: 2^n times Taylor's polynomial of the rest (|rest| <= ln 2 / 2), by Estrin's scheme.
inline float exp_of_negative(float y) {
  constexpr float log2_e = 1.44269504F, ln2_high = 0.693359375F, ln2_low = -2.12194440e-4F;
  constexpr float magic = 12582912.0F;  // 1.5 * 2^23: adding it rounds to an integer
  const float shifted = magic - y * log2_e;
  const float n = shifted - magic;
  const float r = (-y - n * ln2_high) - n * ln2_low, r2 = r * r;
  const float low = (1 + r) + r2 * (0.5F + r * (1.0F / 6)),
              high = (1.0F / 24 + r * (1.0F / 120)) + r2 * (1.0F / 720 + r * (1.0F / 5040));
  const float e = low + (r2 * r2) * high;
  const auto exponent = __builtin_bit_cast(std::int32_t, shifted) - __builtin_bit_cast(std::int32_t, magic);
  return e * __builtin_bit_cast(float, (exponent + 127) << 23);
}

// log(1 + e) = 2 artanh(t) for e in [0, 1], t = e / (2 + e) <= 1/3.
inline float log_of_one_plus(float t) {
  const float t2 = t * t, t4 = t2 * t2;
  const float low = (1 + t2 * (1.0F / 3)) + t4 * (1.0F / 5 + t2 * (1.0F / 7)),
              high = (1.0F / 9 + t2 * (1.0F / 11)) + t4 * (1.0F / 13);
  return 2 * t * (low + (t4 * t4) * high);
}

inline float sigmoid_of(float z, float e) {
  return (z < 0 ? e : 1.0F) / (1 + e);
}

inline float magnitude(float z) {
  const float y = z < 0 ? -z : z;
  return y > 87 ? 87 : y;  // what is not a number stays so
}

void sigmoid(float* __restrict z, std::int64_t size) {
  for (std::int64_t i = 0; i < size; ++i) z[i] = sigmoid_of(z[i], exp_of_negative(magnitude(z[i])));
}

void softplus_and_sigmoid(float* __restrict z, float* __restrict softplus, std::int64_t size) {
  for (std::int64_t i = 0; i < size; ++i) {
    const float x = z[i], e = exp_of_negative(magnitude(x));
    const float inverse = 1 / ((1 + e) * (2 + e));  // one division for both
    softplus[i] = (x < 0 ? 0 : x) + log_of_one_plus(e * (1 + e) * inverse);
    z[i] = (x < 0 ? e : 1.0F) * (2 + e) * inverse;
  }
}

void relu(float* z, std::int64_t size) {
  for (std::int64_t i = 0; i < size; ++i) z[i] = z[i] < 0 ? 0 : z[i];
}

void pull_back_relu(float* __restrict t, const float* a, std::int64_t size) {
  for (std::int64_t i = 0; i < size; ++i) t[i] = a[i] > 0 ? t[i] : 0;
}

void pull_back_sigmoid(float* __restrict t, const float* s, const float* u, const float* a,
                       std::int64_t size) {
  if (a == nullptr)
    for (std::int64_t i = 0; i < size; ++i) t[i] = t[i] * u[i] * (1 - s[i]);
  else
    for (std::int64_t i = 0; i < size; ++i) t[i] = a[i] * s[i] + t[i] * u[i] * (1 - s[i]);
}

}  // namespace

extern const CpuKernels HAMGEN_KERNELS;
const CpuKernels HAMGEN_KERNELS{product,
                                dots,
                                add_transposed_product,
                                add_column_sums,
                                add,
                                scale_columns,
                                multiply,
                                sigmoid,
                                softplus_and_sigmoid,
                                relu,
                                pull_back_relu,
                                pull_back_sigmoid};

}  // namespace hamgen::model
