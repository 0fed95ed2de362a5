// LibTorch, and the few things that differ between its versions from 1.13 to 2.x. Every file of model/
// includes this one alone of LibTorch; it is precompiled.
#pragma once

#include <ATen/CPUGeneratorImpl.h>
#include <torch/torch.h>

#include <cstdint>

namespace hamgen::model {

using at::Tensor;

// A generator of its own, on the CPU: no random number depends on who drew before.
inline at::Generator make_generator(std::uint64_t seed) {
  return at::make_generator<at::CPUGeneratorImpl>(seed);
}

}  // namespace hamgen::model
