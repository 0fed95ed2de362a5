#include "model/base/profile.hpp"

#include <ATen/record_function.h>

#include <algorithm>
#include <cstring>

namespace hamgen::model {
namespace {

std::int64_t numel(const c10::IValue& value) {
  return value.isTensor() && value.toTensor().defined() ? value.toTensor().numel() : 0;
}

// Of one operator of LibTorch, from the shapes of what it is given.
std::int64_t operations_of(const at::RecordFunction& call) {
  const auto inputs = call.inputs();
  const auto tensor = [&](std::size_t i) { return inputs[i].toTensor(); };
  const auto per_element = [](const Tensor& weight) {
    return weight.numel() / std::max<std::int64_t>(1, weight.size(0));
  };
  const char* const name = call.name();
  if (std::strcmp(name, "aten::mm") == 0) return 2 * tensor(0).numel() * tensor(1).size(1);
  if (std::strcmp(name, "aten::addmm") == 0) return 2 * tensor(1).numel() * tensor(2).size(1);
  if (std::strcmp(name, "aten::bmm") == 0) return 2 * tensor(0).numel() * tensor(1).size(2);
  if (std::strcmp(name, "aten::convolution_backward") == 0) {  // grad_output, input, weight, ..., output_mask
    const auto mask = inputs.back().toBoolList();
    const std::int64_t products = (mask.get(0) ? 1 : 0) + (mask.get(1) ? 1 : 0);
    return 2 * products * numel(inputs[0]) * per_element(tensor(2));
  }
  if (std::strcmp(name, "aten::_convolution") != 0) return 0;
  // input, weight, bias, stride, padding, ...
  const Tensor input = tensor(0), weight = tensor(1);
  if (input.dim() != 4 || inputs[6].toBool()) return 0;
  const auto stride = inputs[3].toIntVector(), padding = inputs[4].toIntVector();
  std::int64_t positions = input.size(0);
  for (std::size_t i = 0; i < 2; ++i) {
    const auto axis = static_cast<std::int64_t>(i) + 2;
    const auto of = [i](const std::vector<std::int64_t>& list) { return list[std::min(i, list.size() - 1)]; };
    positions *= (input.size(axis) + 2 * of(padding) - weight.size(axis)) / of(stride) + 1;
  }
  return 2 * positions * weight.numel();
}

std::unique_ptr<at::ObserverContext> count(const at::RecordFunction& call) {
  operations_done() += operations_of(call);
  return nullptr;
}

}  // namespace

std::atomic<std::int64_t>& operations_done() {
  static std::atomic<std::int64_t> done = 0;
  return done;
}

Profile::Profile(const at::Device& device)
    : device_(device),
      callback_(at::addGlobalCallback(
          at::RecordFunctionCallback(count).needsInputs(true).scopes({at::RecordScope::FUNCTION}))) {}

Profile::~Profile() {
  at::removeCallback(callback_);
}

void Profile::begin_step() {
  ++steps_;
  last_ = Clock::now();
  last_operations_ = operations_done();
}

void Profile::lap(const char* part) {
  if (device_.is_cuda()) torch::cuda::synchronize(device_.index());
  auto found = std::ranges::find(parts_, part, &Part::name);
  if (found == parts_.end()) found = parts_.insert(parts_.end(), Part{part});
  const auto now = Clock::now();
  const std::int64_t operations = operations_done();
  found->seconds += std::chrono::duration<double>(now - last_).count();
  found->operations += static_cast<double>(operations - last_operations_);
  last_ = now;
  last_operations_ = operations;
}

void Profile::lap_at_gradient(const Tensor& x, const char* part) {
  if (x.requires_grad()) x.register_hook([this, part](const Tensor&) { lap(part); });
}

Ceilings measure_ceilings(const at::Device& device) {
  using Clock = std::chrono::steady_clock;
  const at::NoGradGuard no_grad;
  const auto best = [&](at::ScalarType type) {
    constexpr std::int64_t size = 1536;
    const Tensor a = at::rand({size, size}, at::TensorOptions(device)).to(type),
                 b = at::rand({size, size}, at::TensorOptions(device)).to(type);
    double least = 1e9;
    for (int i = 0; i < 6; ++i) {
      const auto begin = Clock::now();
      at::mm(a, b);
      if (device.is_cuda()) torch::cuda::synchronize(device.index());
      least = std::min(least, std::chrono::duration<double>(Clock::now() - begin).count());
    }
    return 2.0 * size * size * size / least;
  };
  return {best(at::kFloat), best(at::kBFloat16)};
}

}  // namespace hamgen::model
