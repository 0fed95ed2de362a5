#include "apps/shell/cores.hpp"

#include <doctest/doctest.h>
#include <sched.h>

#include <fstream>

#include "tests/temporary_directory.hpp"

using namespace hamgen::apps;

namespace {

void write(const std::filesystem::path& file, const char* text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

}  // namespace

TEST_CASE("the quota of a control group, or of one above it, says how many cores there are to use") {
  const TemporaryDirectory root;
  const auto of = [&](const char* membership) { return cpu_quota(membership, root.path()); };
  CHECK_FALSE(of("0::/\n"));
  write(root / "cpu.max", "max 100000\n");
  write(root / "job/cpu.max", "400000 100000\n");
  write(root / "job/step/cpu.max", "150000 100000\n");
  CHECK_FALSE(of("0::/\n"));
  CHECK(of("0::/job\n") == 4);
  CHECK(of("0::/job/step\n") == 1.5);
  CHECK(of("0::/job/step/without/a/file\n") == 1.5);
  write(root / "job/step/cpu.max", "max 100000\n");
  CHECK(of("0::/job/step\n") == 4);
  write(root / "cpu/box/cpu.cfs_quota_us", "50000\n");
  write(root / "cpu/box/cpu.cfs_period_us", "100000\n");
  CHECK(of("3:memory:/box\n4:cpu,cpuacct:/box\n") == 0.5);
  write(root / "cpu/box/cpu.cfs_quota_us", "-1\n");
  CHECK_FALSE(of("4:cpu,cpuacct:/box\n"));
  for (const char* odd : {"", "nonsense", "0:", "::::\n"}) CHECK_NOTHROW(of(odd));
}

TEST_CASE("a process that is tied to one core is told of one") {
  cpu_set_t before, one;
  REQUIRE(sched_getaffinity(0, sizeof before, &before) == 0);
  CPU_ZERO(&one);
  for (int i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++i)
    if (CPU_ISSET(i, &before)) CPU_SET(i, &one);
  REQUIRE(sched_setaffinity(0, sizeof one, &one) == 0);
  CHECK(available_cores() == 1);
  sched_setaffinity(0, sizeof before, &before);
  CHECK(available_cores() >= 1);
  CHECK(available_cores() <= static_cast<unsigned>(CPU_COUNT(&before)));
}
