// Flags that several programs take, in the same words.
#pragma once

#include "apps/shell/arguments.hpp"

namespace hamgen::apps {

inline const Flag quiet_flag{"quiet", "", "no progress on stderr"};
inline const Flag version_flag{"version", "", "print the version"};
inline const Flag help_flag{"help", "", "print this", "", 'h'};
// Of programs that load a trained run.
inline const Flag device_as_trained{"device", "NAME", "auto, cpu, cuda or cuda:1 [as trained]"};

}  // namespace hamgen::apps
