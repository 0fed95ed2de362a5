// SIGINT, SIGTERM and SIGUSR1 ask a program to end soon and lose nothing: schedulers send them before they
// take a machine away.
#pragma once

#include <atomic>
#include <stdexcept>

namespace hamgen::apps {

// The work stopped because a signal asked for it. The message says how to go on; run_program() turns this
// into exit status 75.
class Interrupted : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A second Ctrl-C ends the program at once.
void listen_for_stop_signals();
// Set by those signals.
const std::atomic<bool>& stop_requested();

}  // namespace hamgen::apps
