#include "apps/shell/restart.hpp"

#include <dlfcn.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>

namespace hamgen::apps {
namespace {

// Whether it was not there.
bool set(const char* name, const char* value) {
  return std::getenv(name) == nullptr && ::setenv(name, value, 0) == 0;
}

bool make_threads_sleep() {
  return std::getenv("GOMP_SPINCOUNT") == nullptr && set("OMP_WAIT_POLICY", "passive");
}

#if defined(__x86_64__)
bool choose_matrix_kernels() {
  constexpr std::array<std::string_view, 9> without_avx{
      "Katmai", "Coppermine", "Northwood", "Prescott", "Banias", "Core2", "Penryn", "Dunnington", "Nehalem"};
  const auto name_of_core =
      reinterpret_cast<const char* (*)()>(::dlsym(RTLD_DEFAULT, "openblas_get_corename"));
  if (name_of_core == nullptr ||
      std::ranges::find(without_avx, std::string_view(name_of_core())) == without_avx.end())
    return false;
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl"))
    return set("OPENBLAS_CORETYPE", "SkylakeX");
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
         set("OPENBLAS_CORETYPE", "Haswell");
}
#else
bool choose_matrix_kernels() {
  return false;
}
#endif

}  // namespace

void restart_with_best_environment(char** argv) {
  std::error_code error;
  // Its own path, not /proc/self/exe, by which it would be called "exe" in lists of processes.
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return;
  const bool sleeps = make_threads_sleep(), multiplies = choose_matrix_kernels();
  if (sleeps || multiplies) ::execv(program.c_str(), argv);  // where this fails, the program runs as it is
}

}  // namespace hamgen::apps
