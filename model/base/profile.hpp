// Where the time of training steps goes, and how much arithmetic each part of a step does. Products and
// convolutions are counted as they are called, forward and backward: 2 m n k for a product, of which a
// convolution is one.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "model/base/torch.hpp"

namespace hamgen::model {

// Arithmetic of the kernels of cpu_kernels.hpp so far, in this process; LibTorch's own is added while a
// Profile lives.
std::atomic<std::int64_t>& operations_done();

class Profile {
 public:
  struct Part {
    std::string name;
    double seconds = 0, operations = 0;  // summed over steps
  };

  explicit Profile(const at::Device& device);
  ~Profile();
  Profile(const Profile&) = delete;
  Profile& operator=(const Profile&) = delete;

  void begin_step();
  // What was done since the last call belongs to `part`.
  void lap(const char* part);
  // The lap of a backward pass that ends when the gradient of x is there.
  void lap_at_gradient(const Tensor& x, const char* part);

  std::int64_t steps() const { return steps_; }
  const std::vector<Part>& parts() const { return parts_; }  // in the order of their first lap

 private:
  using Clock = std::chrono::steady_clock;
  at::Device device_;
  std::uint64_t callback_;
  std::vector<Part> parts_;
  std::int64_t steps_ = 0, last_operations_ = 0;
  Clock::time_point last_;
};

// Operations a second that this machine reaches in products of large matrices, by LibTorch: the best of a
// few.
struct Ceilings {
  double fp32 = 0, bf16 = 0;
};
Ceilings measure_ceilings(const at::Device& device);

}  // namespace hamgen::model
