// LibTorch, from 1.13 to 2.x: what every file of model/ may use of it; the few that need more include that, too. It is
// precompiled, and kept small: what torch/torch.h brings besides costs every source three seconds.
#pragma once

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/cuda.h>
#include <torch/nn/module.h>
#include <torch/version.h>

#include <cstdint>

namespace hamgen::model {

using at::Tensor;

// A generator of its own, on the CPU: no random number depends on who drew before.
inline at::Generator make_generator(std::uint64_t seed) {
  return at::make_generator<at::CPUGeneratorImpl>(seed);
}

// For the whole process: fp32 means fp32 (no TF32 on a GPU), cuDNN's deterministic algorithms, and no
// denormal numbers, which are slow and mean nothing here.
inline void set_arithmetic() {
  at::globalContext().setAllowTF32CuBLAS(false);
  at::globalContext().setAllowTF32CuDNN(false);
  at::globalContext().setDeterministicCuDNN(true);
  at::globalContext().setFlushDenormal(true);
}

// Whether convolutions run in bf16 on the hardware itself.
inline bool computes_in_bf16(const at::Device& device) {
  if (device.is_cuda()) return at::detail::getCUDAHooks().supportsBFloat16ConvolutionWithCuDNNv8();
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16");
#else
  return false;
#endif
}

// For small tensors made on the CPU that go to `device` without stopping it.
inline at::TensorOptions staging(const at::Device& device) {
  return at::TensorOptions().pinned_memory(device.is_cuda());
}

// Indices of rows, on `device`.
inline Tensor indices(const std::vector<std::int64_t>& rows, const at::Device& device) {
  return at::tensor(rows, staging(device).dtype(at::kLong)).to(device, /*non_blocking=*/true);
}

// What `work` returns; LibTorch's own exceptions become one line without a list of addresses.
template <class Work>
auto without_backtrace(Work work) {
  try {
    return work();
  } catch (const c10::Error& error) {
    const std::string text = error.what_without_backtrace();
    throw std::runtime_error("LibTorch: " + text.substr(0, text.find('\n')));
  }
}

}  // namespace hamgen::model
