#include "apps/shell/stop_signal.hpp"

#include <csignal>

namespace hamgen::apps {
namespace {

std::atomic<bool> requested{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may not wait");

void request_stop(int) {
  requested = true;
}

}  // namespace

void listen_for_stop_signals() {
  struct sigaction action {};
  action.sa_handler = request_stop;
  action.sa_flags = SA_RESTART;  // what is being written goes on
  for (const int signal : {SIGTERM, SIGUSR1}) sigaction(signal, &action, nullptr);
  action.sa_flags = static_cast<int>(SA_RESTART | SA_RESETHAND);
  struct sigaction inherited {};
  sigaction(SIGINT, nullptr, &inherited);
  if (inherited.sa_handler != SIG_IGN)
    sigaction(SIGINT, &action, nullptr);  // as in the background of a shell
}

const std::atomic<bool>& stop_requested() {
  return requested;
}

}  // namespace hamgen::apps
