// What built this program; written at build time by cmake/WriteVersion.cmake.
#pragma once

namespace hamgen::apps {

extern const char* const version;     // "0.1.0"
extern const char* const git_commit;  // 40 hexadecimal digits, "-dirty" appended where the tree had changes

}  // namespace hamgen::apps
