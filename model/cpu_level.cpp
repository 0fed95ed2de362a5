#include "model/cpu_level.hpp"

namespace hamgen::model {

extern const CpuKernels kernels_base;
#ifdef HAMGEN_X86_LEVELS
extern const CpuKernels kernels_v3, kernels_v4;
#endif

std::vector<const CpuKernels*> runnable_cpu_kernels() {
  std::vector<const CpuKernels*> kernels{&kernels_base};
#ifdef HAMGEN_X86_LEVELS
  __builtin_cpu_init();
  const bool is_v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                     __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
  const bool is_v4 = is_v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                     __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                     __builtin_cpu_supports("avx512vl");
  if (is_v3) kernels.push_back(&kernels_v3);
  if (is_v4) kernels.push_back(&kernels_v4);
#endif
  return kernels;
}

const CpuKernels& cpu_kernels() {
  static const CpuKernels& widest = *runnable_cpu_kernels().back();
  return widest;
}

}  // namespace hamgen::model
