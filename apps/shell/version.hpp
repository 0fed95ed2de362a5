// What built this program; written at build time by cmake/WriteVersion.cmake.
#pragma once

#include <string>

namespace hamgen::apps {

extern const char* const version;     // "0.1.0"
extern const char* const git_commit;  // 40 hexadecimal digits, "-dirty" appended where the tree had changes

// Processors of one class compute equal bytes: glibc's sine and cosine use fused multiply-add where there is
// one, and differ in the last digit.
std::string cpu_class();  // "x86_64 with FMA"

}  // namespace hamgen::apps
