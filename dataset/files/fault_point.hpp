// Moments at which a test may end the process. They exist in one program alone (hamgen-with-fault-points,
// tests/reliability): everywhere else they are nothing.
#pragma once

namespace hamgen::dataset {

#if defined(HAMGEN_FAULT_POINTS)
// Counts; kills the process with SIGKILL at number $HAMGEN_FAULT_AT, and appends "number name" to the file
// $HAMGEN_FAULT_LOG.
void fault_point(const char* name);
#else
inline void fault_point(const char*) {}
#endif

}  // namespace hamgen::dataset
