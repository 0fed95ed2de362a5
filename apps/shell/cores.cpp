#include "apps/shell/cores.hpp"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>

namespace hamgen::apps {
namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// "150000 100000" is 1.5; "max 100000", "-1 100000" and nothing are no limit.
std::optional<double> quota_of(const std::string& text) {
  double quota = 0, period = 0;
  std::istringstream stream(text);
  if (!(stream >> quota >> period) || quota <= 0 || period <= 0) return std::nullopt;
  return quota / period;
}

std::optional<double> smaller(std::optional<double> a, std::optional<double> b) {
  return a && b ? std::min(a, b) : a ? a : b;
}

}  // namespace

std::optional<double> cpu_quota(const std::string& membership, const fs::path& root) {
  std::optional<double> least;
  std::istringstream lines(membership);
  for (std::string line; std::getline(lines, line);) {  // "0::/path", or "4:cpu,cpuacct:/path" of version 1
    const auto first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const bool is_second = controllers == ",,";
    if (!is_second && controllers.find(",cpu,") == std::string::npos) continue;
    const fs::path top = is_second ? root : root / "cpu";
    for (fs::path group = line.substr(second + 1);; group = group.parent_path()) {
      const fs::path place = top / group.relative_path();
      least = smaller(least, quota_of(is_second ? text_of(place / "cpu.max")
                                                : text_of(place / "cpu.cfs_quota_us") + " " +
                                                      text_of(place / "cpu.cfs_period_us")));
      if (!group.has_relative_path()) break;
    }
  }
  return least;
}

unsigned available_cores() {
  unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  cpu_set_t allowed;
  if (::sched_getaffinity(0, sizeof allowed, &allowed) == 0)
    cores = std::clamp(static_cast<unsigned>(CPU_COUNT(&allowed)), 1U, cores);
  if (const auto quota = cpu_quota(text_of("/proc/self/cgroup"), "/sys/fs/cgroup"))
    cores = std::clamp(static_cast<unsigned>(std::lround(*quota)), 1U,
                       cores);  // of 1.5 cores two threads use more
  return cores;
}

}  // namespace hamgen::apps
