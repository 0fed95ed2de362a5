#include "apps/memory.hpp"

#include <cstdlib>  // defines __GLIBC__
#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace hamgen::apps {

void keep_freed_memory() {
#if defined(__GLIBC__)
  constexpr int largest_threshold = 32 << 20;  // that glibc accepts for M_MMAP_THRESHOLD
  mallopt(M_MMAP_THRESHOLD, largest_threshold);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
#endif
}

}  // namespace hamgen::apps
