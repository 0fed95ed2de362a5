#include "model/training/thread_shares.hpp"

#include <algorithm>
#include <atomic>
#include <barrier>
#include <mutex>
#include <set>
#include <thread>

#include "model/base/parts.hpp"

namespace hamgen::model {
namespace {

using torch::autograd::variable_list;

struct AnotherShareFailed {};

// Where the shares of a step exchange what each has of its own.
class Meeting {
 public:
  explicit Meeting(std::int64_t shares) : barrier_(shares), values_(static_cast<std::size_t>(shares)) {}

  // Every share calls it as often; all get the same, summed in the same order.
  Tensor mean(std::size_t share, const Tensor& value) {
    values_[share] = value;
    barrier_.arrive_and_wait();
    if (is_left_) throw AnotherShareFailed();
    Tensor sum = values_[0].clone();
    for (std::size_t i = 1; i < values_.size(); ++i) sum += values_[i];
    barrier_.arrive_and_wait();  // nobody brings the next value before all have read this one
    return sum / static_cast<double>(values_.size());
  }
  // A share that failed: the others do not wait for it.
  void leave() {
    is_left_ = true;
    barrier_.arrive_and_drop();
  }

 private:
  std::barrier<> barrier_;
  std::vector<Tensor> values_;
  std::atomic<bool> is_left_ = false;
};

struct ShareOfStep {
  LossTerms terms;
  variable_list gradients;
  std::exception_ptr error;
};

ShareOfStep computed(Model& model, const Batch& batch, const StepContext& context,
                     const std::vector<Tensor>& parameters) {
  const at::AutoGradMode record(true);
  ShareOfStep share{.terms = model.loss(batch, context), .gradients = {}, .error = nullptr};
  context.lap("loss");
  share.gradients = torch::autograd::grad({share.terms.loss}, parameters, {}, false, false, true);
  context.lap("backward");
  share.terms.loss = share.terms.loss.detach();
  return share;
}

// Means over the shares. All have the same names, in the same order.
NamedScalars means(const std::vector<ShareOfStep>& shares, NamedScalars LossTerms::*scalars) {
  NamedScalars mean = shares.front().terms.*scalars;
  for (std::size_t i = 0; i < mean.size(); ++i) {
    Tensor sum = mean[i].second.clone();
    for (std::size_t k = 1; k < shares.size(); ++k) sum += (shares[k].terms.*scalars)[i].second;
    mean[i].second = sum / static_cast<double>(shares.size());
  }
  return mean;
}

// Shares wait for each other: each has to have a thread, whatever OpenMP is limited to.
bool run_side_by_side(std::int64_t parts) {
  std::mutex mutex;
  std::set<std::thread::id> threads;
  for_parts(static_cast<std::size_t>(parts), [&](std::size_t) {
    const std::lock_guard lock(mutex);
    threads.insert(std::this_thread::get_id());
  });
  return threads.size() == static_cast<std::size_t>(parts);
}

}  // namespace

std::int64_t thread_shares(const at::Device& device, std::int64_t rows) {
  const std::int64_t threads = std::min(free_threads(device), rows);
  return threads > 1 && rows % threads == 0 && run_side_by_side(threads) ? threads : 1;
}

LossTerms loss_of_shares(Model& model, const Batch& batch, const StepContext& context, std::int64_t shares) {
  const std::vector<Tensor> parameters = model.parameters();
  const std::int64_t rows = batch.rows();
  Meeting meeting(shares);
  std::vector<ShareOfStep> all(static_cast<std::size_t>(shares));
  for_parts(all.size(), [&](std::size_t i) {
    StepContext own = context;
    own.share = {static_cast<std::int64_t>(i), shares};
    own.profile = i == 0 ? context.profile : nullptr;  // the first stands for all
    own.mean_of_shares = [&meeting, i](const Tensor& value) { return meeting.mean(i, value); };
    try {
      all[i] = computed(model, batch.narrow(own.share.first(rows), own.share.count(rows)), own, parameters);
    } catch (const AnotherShareFailed&) {
      meeting.leave();
    } catch (...) {
      all[i].error = std::current_exception();
      meeting.leave();
    }
  });
  for (const ShareOfStep& share : all)
    if (share.error) std::rethrow_exception(share.error);
  const at::NoGradGuard no_grad;
  const double part = 1.0 / static_cast<double>(shares);
  for (const ShareOfStep& share : all)
    for (std::size_t i = 0; i < parameters.size(); ++i)
      if (share.gradients[i].defined()) parameters[i].grad().add_(share.gradients[i], part);
  LossTerms terms;
  terms.loss = at::zeros({});
  for (const ShareOfStep& share : all) terms.loss += part * share.terms.loss;
  terms.averaged = means(all, &LossTerms::averaged);
  terms.momentary = means(all, &LossTerms::momentary);
  return terms;
}

}  // namespace hamgen::model
