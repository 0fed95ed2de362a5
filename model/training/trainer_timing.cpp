// What the steps of a training cost. The trainer that was asked is not one to go on with.
#include <algorithm>

#include "model/training/trainer.hpp"

namespace hamgen::model {

void Trainer::profile(std::int64_t steps, Profile& profile) {
  constexpr std::int64_t warm_up = 3;
  begin_together();
  BatchStream batches = stream();
  for (std::int64_t i = -warm_up; i < steps; ++i) {
    profile_ = i < 0 ? nullptr : &profile;
    if (profile_ != nullptr) profile_->begin_step();
    const Batch batch = batches.next().to(device_);
    if (profile_ != nullptr) profile_->lap("load");
    advance(batch);
  }
  profile_ = nullptr;
}

StepTimes Trainer::time_steps(std::int64_t fewest, double seconds) {
  begin_together();
  BatchStream batches = stream();
  const auto since = [](Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
  };
  const auto one = [&](std::int64_t at) {
    try {
      advance(batches.next().to(device_));
    } catch (const DivergenceError&) {  // its time counts all the same
    }
    step_ = at;
  };
  const auto wait = [&] {  // for a GPU
    if (is_finite_.defined()) is_finite_.item<bool>();
  };
  // The first step at a new horizon allocates: it does not count. Several processes take equally many.
  const auto seconds_at = [&](double progress) {
    const auto place = static_cast<std::int64_t>(progress * static_cast<double>(steps_ - 1));
    step_ = place;
    one(place);
    wait();
    const auto begin = Clock::now();
    std::int64_t count = 0;
    for (; count < fewest || (group_->size() == 1 && since(begin) < seconds / 4); ++count) one(place);
    wait();
    return since(begin) / static_cast<double>(count);
  };
  StepTimes times;
  // The part of a training whose steps cost otherwise than the last ones.
  double growth = horizon() < data_.horizon ? settings_.real("train.horizon_growth") : 0;
  if (settings_.values().contains("objective.guide") && settings_.real("objective.guide") > 0)
    growth = std::max(growth, settings_.real("objective.guide_end"));
  const double last = seconds_at(1);
  const double ramp =
      growth > 0 ? (seconds_at(0) + 4 * seconds_at(growth / 2) + last) / 6 : last;  // Simpson's rule
  times.step = growth * ramp + (1 - growth) * last;
  const auto begin = Clock::now();
  const std::uint64_t rows = std::min<std::uint64_t>(source_->validation_size(), 25);
  validate_rows(
      *model_, [this](std::uint64_t from, std::uint64_t count) { return source_->validation(from, count); },
      0, rows, device_, rows);
  times.validation =
      since(begin) * static_cast<double>(source_->validation_size()) / static_cast<double>(rows);
  Tensor all = at::tensor({times.step, times.validation}, at::TensorOptions(device_).dtype(at::kDouble));
  if (group_->size() > 1) group_->sum(all);
  times.step = all[0].item<double>() / static_cast<double>(group_->size());
  times.validation = all[1].item<double>() / static_cast<double>(group_->size() * group_->size());
  return times;
}

}  // namespace hamgen::model
