#include "apps/shell/status_line.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace hamgen::apps {

StatusLine::StatusLine(std::chrono::milliseconds pause)
    : is_terminal_(isatty(STDERR_FILENO) == 1), terminal_pause_(pause) {}

StatusLine::Clock::duration StatusLine::pause() const {
  return is_terminal_ ? terminal_pause_ : std::chrono::milliseconds(10'000);
}

void StatusLine::wait_first() {
  if (!is_terminal_) next_ = Clock::now() + pause();
}

bool StatusLine::is_due() {
  const auto now = Clock::now();
  if (now < next_) return false;
  next_ = now + pause();
  return true;
}

void StatusLine::show(const std::string& text) {
  if (is_terminal_)
    fmt::print(stderr, "\r\033[K{}", text);
  else
    fmt::print(stderr, "{}\n", text);
  std::fflush(stderr);
  is_open_ = true;
}

void StatusLine::end() {
  if (is_terminal_ && is_open_) fmt::print(stderr, "\n");
  std::fflush(stderr);
  is_open_ = false;
}

}  // namespace hamgen::apps
