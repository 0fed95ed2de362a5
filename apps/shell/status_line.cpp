#include "apps/shell/status_line.hpp"

#include <unistd.h>

#include "apps/shell/streams.hpp"

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
  tell(is_terminal_ ? "\r\033[K" + text : text + "\n");
  is_open_ = true;
}

void StatusLine::end() {
  if (is_terminal_ && is_open_) tell("\n");
  is_open_ = false;
}

}  // namespace hamgen::apps
