#include "apps/shell/streams.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <system_error>

namespace hamgen::apps {
namespace {

bool ends_by_broken_pipe = false;  // as this process was started

[[noreturn]] void refuse_results(int reason) {
  if (reason == EPIPE && ends_by_broken_pipe) {
    std::signal(SIGPIPE, SIG_DFL);
    std::raise(SIGPIPE);
  }
  throw UnwrittenResults("the results could not be written to stdout: " +
                         std::generic_category().message(reason));
}

}  // namespace

void prepare_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) != -1 || errno != EBADF) continue;
    // The lowest free number, hence this one; open the wrong way round, so that using it fails.
    [[maybe_unused]] const int opened =
        ::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);  // never closed: that is the point
  }
  struct sigaction inherited {};
  sigaction(SIGPIPE, nullptr, &inherited);
  if (inherited.sa_handler != SIG_DFL) return;
  ends_by_broken_pipe = true;
  std::signal(SIGPIPE, SIG_IGN);
}

void tell(std::string_view text) noexcept {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
  std::clearerr(stderr);
}

int run_to_the_last_byte(const std::function<int()>& run) {
  try {
    const int status = run();
    if (std::fflush(stdout) != 0) refuse_results(errno);
    return status;
  } catch (const std::system_error& error) {  // what fmt::print throws
    if (std::ferror(stdout) != 0) refuse_results(error.code().value());
    throw;
  }
}

}  // namespace hamgen::apps
