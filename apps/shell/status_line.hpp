// A line on stderr that tells how far something is: overwritten on a terminal, printed now and then
// elsewhere.
#pragma once

#include <chrono>
#include <string>

namespace hamgen::apps {

class StatusLine {
 public:
  // On a terminal a new text is shown at most once in `pause`; elsewhere once in ten seconds.
  explicit StatusLine(std::chrono::milliseconds pause);
  bool is_terminal() const { return is_terminal_; }

  // Whether it is time for a new text. Then the next time is a pause later.
  bool is_due();
  // Without a terminal the first text comes ten seconds from now, not at once.
  void wait_first();
  void show(const std::string& text);
  // Ends the line on a terminal, if there is one.
  void end();

 private:
  using Clock = std::chrono::steady_clock;
  Clock::duration pause() const;

  bool is_terminal_, is_open_ = false;
  std::chrono::milliseconds terminal_pause_;
  Clock::time_point next_ = Clock::now();
};

}  // namespace hamgen::apps
