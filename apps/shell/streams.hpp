// What goes to stdout are results: one that could not be written is an error. What goes to stderr is told
// beside them: that nobody can read it ends no run.
#pragma once

#include <functional>
#include <stdexcept>
#include <string_view>

namespace hamgen::apps {

// Before anything is opened or written. A standard stream that is closed gets a place that refuses every
// byte: else the next file opened would have its number, and progress would be written into a shard. A
// reader that is gone is an error of that write, no longer a signal.
void prepare_streams();

// Writes the text to stderr as it is, or nothing where that is full, closed or without a reader.
void tell(std::string_view text) noexcept;

class UnwrittenResults : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Runs a program and brings stdout's last bytes to their place; returns what it returns. Throws
// UnwrittenResults where these, or any before them, did not get there. Where stdout's reader is gone the process
// ends by SIGPIPE without a word, as programs in a pipe do.
int run_to_the_last_byte(const std::function<int()>& run);

}  // namespace hamgen::apps
