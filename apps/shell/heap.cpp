#include "apps/shell/heap.hpp"

#include <sys/resource.h>

#include <cstdlib>  // defines __GLIBC__
#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include <stdexcept>
#include <string>

namespace hamgen::apps {

void keep_freed_memory() {
#if defined(__GLIBC__)
  constexpr int largest_threshold = 32 << 20;  // that glibc accepts for M_MMAP_THRESHOLD
  mallopt(M_MMAP_THRESHOLD, largest_threshold);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
#endif
}

void require_address_space() {
  constexpr rlim_t least = rlim_t{256} << 20;
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= least)
    return;
  throw std::runtime_error("not enough memory: this process may use " + std::to_string(limit.rlim_cur >> 20) +
                           " MiB of address space (ulimit -v), and needs at least " +
                           std::to_string(least >> 20));
}

double peak_memory_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

}  // namespace hamgen::apps
