#include "apps/shell/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <exception>

namespace hamgen::apps {

Progress::Progress(std::string label, std::uint64_t total, bool quiet)
    : label_(std::move(label)), total_(total), quiet_(quiet), line_(std::chrono::milliseconds(100)) {
  line_.wait_first();
}

Progress::~Progress() {
  if (quiet_) return;
  print(true);
  line_.end();
}

void Progress::advance(std::uint64_t by) {
  const std::lock_guard lock(mutex_);
  done_ += by;
  if (!quiet_ && line_.is_due()) print(false);
}

void Progress::print(bool is_last) noexcept try {
  const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
  const double rate = static_cast<double>(done_) / std::max(seconds, 1e-9);
  const std::string counts = fmt::format("{:<8} {:>{}}/{}  {:.{}f}/s", label_, done_,
                                         fmt::formatted_size("{}", total_), total_, rate, rate < 10 ? 1 : 0);
  const std::string time =
      is_last ? "took " + duration_text(seconds)
              : duration_text(static_cast<double>(total_ - done_) / std::max(rate, 1e-9)) + " left";
  constexpr std::uint64_t width = 30;
  const auto filled = static_cast<std::size_t>(total_ == 0 ? width : width * done_ / total_);
  const std::string bar = fmt::format("[{}{}]  ", std::string(filled, '='), std::string(width - filled, ' '));
  line_.show(line_.is_terminal() ? counts + " " + bar + time : counts + "  " + time);
} catch (const std::exception&) {  // no memory for the words: the work goes on without them
}

std::string duration_text(double seconds) {
  if (seconds < 60) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
  if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string bytes_text(double bytes) {
  const char* units[] = {"B", "kB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  for (; bytes >= 1000 && unit < 4; ++unit) bytes /= 1000;
  return fmt::format("{:.{}f} {}", bytes, unit == 0 ? 0 : 1, units[unit]);
}

}  // namespace hamgen::apps
