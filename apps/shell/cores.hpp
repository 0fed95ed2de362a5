// How many cores a program may use: fewer than the machine has where a scheduler or a container says so.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace hamgen::apps {

// At least 1: the cores that the process may run on (taskset, cpusets), and no more than the CPU quota of its
// control groups pays for, rounded down.
unsigned available_cores();

// The smallest quota, in cores, of the control group named in `membership`, a text like /proc/self/cgroup's,
// and of those above it, below `root`; none where there is no limit. Versions 1 and 2.
std::optional<double> cpu_quota(const std::string& membership, const std::filesystem::path& root);

}  // namespace hamgen::apps
