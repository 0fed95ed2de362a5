#include "model/training/gradient_sum.hpp"

#include <torch/csrc/autograd/variable.h>

#include <functional>
#include <utility>

namespace hamgen::model {
namespace {

constexpr std::int64_t bucket_numbers = 1 << 18;  // 1 MiB

using torch::autograd::variable_list;

// What keeps a node of the graph alive: std::shared_ptr, and since LibTorch 2.15 a pointer of its own kind.
using NodePointer = decltype(torch::autograd::impl::grad_accumulator(std::declval<const Tensor&>()));

class Hook : public torch::autograd::FunctionPostHook {
 public:
  explicit Hook(std::function<void()> call) : call_(std::move(call)) {}
  variable_list operator()(const variable_list& outputs, const variable_list& /*inputs*/) override {
    call_();
    return outputs;
  }

 private:
  std::function<void()> call_;
};

struct Bucket {
  Tensor gradients;
  std::size_t parameters = 0, missing = 0;
};

}  // namespace

struct GradientSum::State {
  std::shared_ptr<ProcessGroup> group;
  Tensor gradients;
  std::vector<Bucket> buckets;  // the last parameters first: their gradients are ready first
  std::size_t next = 0;         // whose sum begins next: the same order in every process
  std::vector<NodePointer> accumulators;

  void begin_ready() {
    for (; next < buckets.size() && buckets[next].missing == 0; ++next)
      group->begin_sum(buckets[next].gradients);
  }
  void arrived(std::size_t bucket) {
    if (buckets[bucket].missing > 0) --buckets[bucket].missing;
    begin_ready();
  }
};

GradientSum::GradientSum(torch::nn::Module& module, const FlatParameters& parameters,
                         std::shared_ptr<ProcessGroup> group)
    : state_(std::make_shared<State>()) {
  state_->group = std::move(group);
  state_->gradients = parameters.gradients();
  if (state_->group->size() == 1) return;
  const std::vector<Tensor> all = module.parameters();
  std::int64_t end = state_->gradients.numel(), begin = end;
  for (std::size_t i = all.size(); i-- > 0;) {
    if (end - begin == 0 || end - begin >= bucket_numbers) {
      end = begin;
      state_->buckets.emplace_back();
    }
    Bucket& bucket = state_->buckets.back();
    begin -= all[i].numel();
    bucket.gradients = state_->gradients.slice(0, begin, end);
    ++bucket.parameters;
    const auto accumulator = torch::autograd::impl::grad_accumulator(all[i]);
    // A weak pointer: the accumulator outlives this where a graph holds it.
    accumulator->add_post_hook(
        std::make_unique<Hook>([state = std::weak_ptr<State>(state_), number = state_->buckets.size() - 1] {
          if (const auto alive = state.lock()) alive->arrived(number);
        }));
    state_->accumulators.push_back(accumulator);
  }
}

GradientSum::~GradientSum() = default;

void GradientSum::begin() {
  for (Bucket& bucket : state_->buckets) bucket.missing = bucket.parameters;
  state_->next = 0;
}

void GradientSum::finish(Tensor scalars) {
  if (state_->group->size() == 1) return;
  for (Bucket& bucket : state_->buckets) bucket.missing = 0;  // what no gradient reached stays zero
  state_->begin_ready();
  state_->group->begin_sum(scalars);
  state_->group->wait();
  const double share = 1.0 / state_->group->size();
  state_->gradients.mul_(share);
  scalars.mul_(share);
}

}  // namespace hamgen::model
