// Progress on stderr: counts, rate and time left, with a bar on a terminal. It never ends the work: where stderr
// takes no words, none are shown.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

#include "apps/shell/status_line.hpp"

namespace hamgen::apps {

class Progress {
 public:
  Progress(std::string label, std::uint64_t total, bool quiet);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void advance(std::uint64_t by = 1);  // thread-safe

 private:
  void print(bool is_last) noexcept;

  std::mutex mutex_;
  using Clock = std::chrono::steady_clock;
  std::string label_;
  std::uint64_t total_, done_ = 0;
  bool quiet_;
  StatusLine line_;
  Clock::time_point start_ = Clock::now();
};

// 75 s -> "1:15"; 3.2e9 bytes -> "3.2 GB".
std::string duration_text(double seconds);
std::string bytes_text(double bytes);

}  // namespace hamgen::apps
