#include "model/data/batches.hpp"

#include <algorithm>

#include "model/base/random.hpp"

namespace hamgen::model {

Window window_of(const BatchPlan& plan, std::uint64_t sample, std::uint64_t frames_per_trajectory) {
  const std::uint64_t epoch = sample / plan.trajectories, position = sample % plan.trajectories;
  const Permutation order(plan.trajectories, random_key(plan.seed, Purpose::order, {epoch}));
  const std::uint64_t starts = frames_per_trajectory - static_cast<std::uint64_t>(plan.frames) + 1;
  Window window;
  window.trajectory = plan.first + order(position);
  window.start = random_key(plan.seed, Purpose::window, {sample}) % starts;
  window.is_reversed = plan.reverse && random_key(plan.seed, Purpose::reversal, {sample}) % 2 == 1;
  return window;
}

std::vector<Window> windows_of(const BatchPlan& plan, std::uint64_t step,
                               std::uint64_t frames_per_trajectory) {
  std::vector<Window> windows;
  const std::int64_t begin = plan.share.first(plan.batch), end = begin + plan.share.count(plan.batch);
  for (std::int64_t i = begin; i < end; ++i)
    windows.push_back(window_of(plan,
                                step * static_cast<std::uint64_t>(plan.batch) + static_cast<std::uint64_t>(i),
                                frames_per_trajectory));
  return windows;
}

std::vector<Window> whole_windows(std::uint64_t first, std::uint64_t end) {
  std::vector<Window> windows;
  for (std::uint64_t i = first; i < end; ++i)
    windows.push_back({.trajectory = i, .start = 0, .is_reversed = false});
  return windows;
}

Tensor read_windows(const dataset::SplitReader& reader, const std::string& name,
                    const std::vector<Window>& windows, std::int64_t frames, bool is_pinned) {
  const auto size = static_cast<std::int64_t>(reader.frame_size());
  const Tensor pixels = at::empty({static_cast<std::int64_t>(windows.size()), frames, size, size, 3},
                                  at::TensorOptions(at::kByte).pinned_memory(is_pinned));
  const std::size_t frame_bytes = reader.frame_bytes(),
                    bytes = static_cast<std::size_t>(frames) * frame_bytes;
  auto* place = pixels.data_ptr<std::uint8_t>();
  for (const Window& window : windows) {
    const std::span<std::uint8_t> sequence(place, bytes);
    reader.read_frames(name, {window.trajectory, window.start, static_cast<std::uint64_t>(frames)}, sequence);
    if (window.is_reversed)
      for (std::size_t low = 0, high = bytes - frame_bytes; low < high;
           low += frame_bytes, high -= frame_bytes)
        std::swap_ranges(place + low, place + low + frame_bytes, place + high);
    place += bytes;
  }
  return pixels;
}

namespace {

constexpr std::pair<const char*, Tensor Batch::*> state_arrays[] = {
    {"q_observed", &Batch::q}, {"p_observed", &Batch::p}, {"q", &Batch::q_exact},
    {"p", &Batch::p_exact},    {"dq_dt", &Batch::dq_dt},  {"dp_dt", &Batch::dp_dt}};

// What was recorded, played backward: time and momentum change their signs.
void reverse_states(Batch& batch, std::int64_t row) {
  for (const auto& [name, array] : state_arrays) {
    Tensor sequence = (batch.*array)[row];
    const bool changes_sign = array == &Batch::p || array == &Batch::p_exact || array == &Batch::dq_dt;
    sequence.copy_(changes_sign ? -sequence.flip(0) : sequence.flip(0));
  }
}

}  // namespace

namespace {

// What `change` makes of every array of a batch that there is.
template <class Change>
Batch changed(Batch batch, Change change) {
  for (Tensor Batch::*array : {&Batch::frames, &Batch::frames_clean, &Batch::points})
    if ((batch.*array).defined()) batch.*array = change(batch.*array);
  for (const auto& [name, array] : state_arrays)
    if ((batch.*array).defined()) batch.*array = change(batch.*array);
  return batch;
}

}  // namespace

Batch Batch::to(const at::Device& device) const {
  return changed(*this, [&](const Tensor& array) { return array.to(device, /*non_blocking=*/true); });
}

std::int64_t Batch::rows() const {
  return (frames.defined() ? frames : points.defined() ? points : q).size(0);
}

Batch Batch::narrow(std::int64_t first, std::int64_t count) const {
  return changed(*this, [&](const Tensor& array) { return array.narrow(0, first, count); });
}

WindowReader::WindowReader(const dataset::SplitReader& reader, Observation observation, bool has_clean)
    : reader_(reader), observation_(observation), has_clean_(has_clean) {
  if (observation == Observation::frames) return;
  const std::uint64_t count = reader.trajectories();
  const auto rows = static_cast<std::int64_t>(count),
             times = static_cast<std::int64_t>(reader.frames_per_trajectory());
  for (const auto& [name, array] : state_arrays) {
    std::vector<double> numbers = reader.numbers(name, 0, count);
    states_.*array =
        at::from_blob(numbers.data(),
                      {rows, times, static_cast<std::int64_t>(numbers.size()) / (rows * times)}, at::kDouble)
            .to(at::kFloat);
  }
}

Batch WindowReader::read(const std::vector<Window>& windows, std::int64_t frames, bool is_pinned) const {
  Batch batch;
  if (observation_ == Observation::frames) {
    batch.frames = read_windows(reader_, "frames", windows, frames, is_pinned);
    if (has_clean_) batch.frames_clean = read_windows(reader_, "frames_clean", windows, frames, is_pinned);
    return batch;
  }
  for (const auto& [name, array] : state_arrays) {
    std::vector<Tensor> rows;
    for (const Window& window : windows)
      rows.push_back((states_.*array)[static_cast<std::int64_t>(window.trajectory)].narrow(
          0, static_cast<std::int64_t>(window.start), frames));
    batch.*array = at::stack(rows);
  }
  for (std::size_t i = 0; i < windows.size(); ++i)
    if (windows[i].is_reversed) reverse_states(batch, static_cast<std::int64_t>(i));
  return batch;
}

Batch WindowReader::read(std::uint64_t first, std::uint64_t count, std::int64_t frames) const {
  return read(whole_windows(first, first + count), frames);
}

Batch WindowSource::training(std::uint64_t step, bool is_pinned) const {
  return reader_.read(windows_of(plan_, step, reader_.frames_per_trajectory()), plan_.frames, is_pinned);
}

Batch WindowSource::validation(std::uint64_t first, std::uint64_t count) const {
  return held_out_.reader.read(held_out_.first + first, count, held_out_.frames);
}

BatchStream::BatchStream(const BatchSource& source, std::uint64_t first_step, unsigned workers,
                         bool is_pinned)
    : source_(source), is_pinned_(is_pinned), next_(first_step), to_start_(first_step), depth_(workers) {
  try {
    for (unsigned i = 0; i < workers; ++i) workers_.emplace_back([this] { work(); });
  } catch (...) {
    stop();
    throw;
  }
}

BatchStream::~BatchStream() {
  stop();
}

void BatchStream::stop() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void BatchStream::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return is_stopping_ || to_start_ < next_ + depth_; });
    if (is_stopping_) return;
    const std::uint64_t step = to_start_++;
    ahead_.emplace_back();
    lock.unlock();
    Slot slot;
    try {
      slot.batch = source_.training(step, is_pinned_);
    } catch (...) {
      slot.error = std::current_exception();
    }
    slot.is_ready = true;
    lock.lock();
    ahead_[step - next_] = std::move(slot);
    changed_.notify_all();
  }
}

Batch BatchStream::next() {
  if (workers_.empty()) return source_.training(next_++, is_pinned_);
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !ahead_.empty() && ahead_.front().is_ready; });
  Slot slot = std::move(ahead_.front());
  ahead_.pop_front();
  ++next_;
  changed_.notify_all();
  if (slot.error) std::rethrow_exception(slot.error);
  return std::move(slot.batch);
}

Tensor to_pixels(const Tensor& frames, std::int64_t size) {
  std::vector<std::int64_t> shape(frames.sizes().begin(), frames.sizes().end() - 3);
  const std::int64_t larger = frames.size(-2), factor = larger / size;
  Tensor pixels = frames.flatten(0, -4).permute({0, 3, 1, 2}).to(at::kFloat).mul_(1.0F / 255);
  if (factor > 1) pixels = at::avg_pool2d(pixels, factor);
  shape.insert(shape.end(), {3, size, size});
  return pixels.contiguous().view(shape);
}

}  // namespace hamgen::model
