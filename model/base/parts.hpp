// Work in a few parts, one thread each: LibTorch's operators run on one thread within.
#pragma once

#include <ATen/Parallel.h>
#include <omp.h>

#include <exception>
#include <vector>

#include "model/base/torch.hpp"

#ifndef INTRA_OP_PARALLEL
#error "compiled without OpenMP, where at::parallel_for is a plain loop"
#endif

namespace hamgen::model {

// How many threads work on this device could be shared among: one on a GPU, and within a part.
inline std::int64_t free_threads(const at::Device& device) {
  return device.is_cpu() && !at::in_parallel_region() ? at::get_num_threads() : 1;
}

// Runs work(part) for all parts, one thread each; the first failure is thrown here.
template <class Work>
void for_parts(std::size_t parts, const Work& work) {
  std::vector<std::exception_ptr> errors(parts);
  at::parallel_for(0, static_cast<std::int64_t>(parts), 1, [&](std::int64_t begin, std::int64_t end) {
    // Libraries ask how many threads there are, not whether they run within one of them: oneDNN's
    // convolutions then wait for each other for ever. The answer is this part's own, and forgotten after it.
    at::internal::lazy_init_num_threads();
    at::get_num_threads();  // sets this thread's number at its first call: newer LibTorch keeps its own
                            // account
    const int before = omp_get_max_threads();
    if (parts > 1) omp_set_num_threads(1);
    for (auto part = static_cast<std::size_t>(begin); part < static_cast<std::size_t>(end); ++part) {
      try {
        work(part);
      } catch (...) {
        errors[part] = std::current_exception();
      }
    }
    omp_set_num_threads(before);
  });
  for (const auto& error : errors)
    if (error) std::rethrow_exception(error);
}

}  // namespace hamgen::model
