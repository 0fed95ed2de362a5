#include "model/kernels/cpu_level.hpp"

namespace hamgen::model {

extern const CpuKernels kernels_base;
#ifdef HAMGEN_X86_LEVELS
extern const CpuKernels kernels_v3, kernels_v4;
#endif

std::vector<const CpuKernels*> runnable_cpu_kernels() {
  std::vector<const CpuKernels*> kernels{&kernels_base};
#ifdef HAMGEN_X86_LEVELS
  __builtin_cpu_init();
  const bool is_v3 = __builtin_cpu_supports("x86-64-v3"), is_v4 = __builtin_cpu_supports("x86-64-v4");
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
