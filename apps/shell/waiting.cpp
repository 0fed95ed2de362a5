#include "apps/shell/waiting.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace hamgen::apps {

void wait_asleep(char** argv) {
  constexpr const char* name = "OMP_WAIT_POLICY";
  if (std::getenv(name) != nullptr || std::getenv("GOMP_SPINCOUNT") != nullptr) return;
  std::error_code error;
  // Its own path, not /proc/self/exe, by which it would be called "exe" in lists of processes.
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error || ::setenv(name, "passive", 0) != 0) return;
  ::execv(program.c_str(), argv);  // where this fails, the program runs as it is
}

}  // namespace hamgen::apps
