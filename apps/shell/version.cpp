#include "apps/shell/version.hpp"

#include <sys/utsname.h>

namespace hamgen::apps {

std::string cpu_class() {
  utsname machine{};
  std::string name = ::uname(&machine) == 0 ? machine.machine : "unknown";
#if defined(__x86_64__)
  name += __builtin_cpu_supports("fma") ? " with FMA" : " without FMA";
#endif
  return name;
}

}  // namespace hamgen::apps
