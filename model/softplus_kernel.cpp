#include "model/softplus_kernel.hpp"

#include <bit>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define HAMGEN_WIDE_VECTORS __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define HAMGEN_WIDE_VECTORS
#endif

namespace hamgen::model {
namespace {

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
  const auto exponent = std::bit_cast<std::int32_t>(shifted) - std::bit_cast<std::int32_t>(magic);
  return e * std::bit_cast<float>((exponent + 127) << 23);
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
  return y < 87 ? y : 87;
}

HAMGEN_WIDE_VECTORS void sigmoid_of_all(float* __restrict z, std::int64_t size) {
  for (std::int64_t i = 0; i < size; ++i) z[i] = sigmoid_of(z[i], exp_of_negative(magnitude(z[i])));
}

HAMGEN_WIDE_VECTORS void both_of_all(float* __restrict z, float* __restrict softplus, std::int64_t size) {
  for (std::int64_t i = 0; i < size; ++i) {
    const float x = z[i], e = exp_of_negative(magnitude(x));
    const float inverse = 1 / ((1 + e) * (2 + e));  // one division for both
    softplus[i] = (x < 0 ? 0 : x) + log_of_one_plus(e * (1 + e) * inverse);
    z[i] = (x < 0 ? e : 1.0F) * (2 + e) * inverse;
  }
}

HAMGEN_WIDE_VECTORS void pull_back_last(float* __restrict t, const float* s, const float* u,
                                        std::int64_t size) {
  for (std::int64_t i = 0; i < size; ++i) t[i] = t[i] * u[i] * (1 - s[i]);
}

HAMGEN_WIDE_VECTORS void pull_back_all(float* __restrict t, const float* s, const float* u, const float* a,
                                       std::int64_t size) {
  for (std::int64_t i = 0; i < size; ++i) t[i] = a[i] * s[i] + t[i] * u[i] * (1 - s[i]);
}

bool is_fusible(const Tensor& x) {
  return x.device().is_cpu() && x.scalar_type() == at::kFloat && x.is_contiguous();
}

}  // namespace

Tensor softplus_of(const Tensor& z) {
  return z.relu() + z.abs().neg().exp().log1p();
}

void softplus_and_sigmoid(Tensor z, Tensor softplus) {
  if (is_fusible(z) && !softplus.defined()) return sigmoid_of_all(z.data_ptr<float>(), z.numel());
  if (is_fusible(z) && softplus.is_contiguous())
    return both_of_all(z.data_ptr<float>(), softplus.data_ptr<float>(), z.numel());
  if (softplus.defined()) softplus.copy_(softplus_of(z));
  z.sigmoid_();
}

void pull_back_sigmoid(Tensor at_u, const Tensor& s, const Tensor& u, const Tensor& at_a) {
  const std::int64_t size = at_u.numel();
  if (!is_fusible(at_u) || !s.is_contiguous() || !u.is_contiguous() ||
      (at_a.defined() && !at_a.is_contiguous())) {
    at_u.mul_(u);
    at_u.addcmul_(at_u, s, -1);
    if (at_a.defined()) at_u.addcmul_(at_a, s);
  } else if (at_a.defined()) {
    pull_back_all(at_u.data_ptr<float>(), s.data_ptr<float>(), u.data_ptr<float>(), at_a.data_ptr<float>(),
                  size);
  } else {
    pull_back_last(at_u.data_ptr<float>(), s.data_ptr<float>(), u.data_ptr<float>(), size);
  }
}

}  // namespace hamgen::model
