// How many threads oneTBB may use, for as long as this lives; the work's memory is kept for its next piece.
#pragma once

#include <tbb/global_control.h>

#include "apps/shell/heap.hpp"

namespace hamgen::apps {

class Threads {
 public:
  // Throws std::runtime_error where there is too little memory to begin with.
  explicit Threads(unsigned count) : limit_(checked(count)) { keep_freed_memory(); }

 private:
  static tbb::global_control checked(unsigned count) {
    require_address_space();
    return {tbb::global_control::max_allowed_parallelism, count};
  }
  tbb::global_control limit_;
};

}  // namespace hamgen::apps
