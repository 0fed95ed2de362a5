// How many threads oneTBB may use, for as long as this lives; the work's memory is kept for its next piece.
#pragma once

#include <tbb/global_control.h>

#include "apps/memory.hpp"

namespace hamgen::apps {

class Threads {
 public:
  explicit Threads(unsigned count) : limit_(tbb::global_control::max_allowed_parallelism, count) {
    keep_freed_memory();
  }

 private:
  tbb::global_control limit_;
};

}  // namespace hamgen::apps
