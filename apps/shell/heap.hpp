// How the programs use the heap.
#pragma once

namespace hamgen::apps {

// Work that allocates and frees the same sizes again and again keeps its memory: handing it back to the
// system in between can cost as much as the work itself. No effect with a C library that cannot be told.
void keep_freed_memory();

// Throws std::runtime_error where the process may use so little address space (ulimit -v) that the libraries
// below would crash for want of it, rather than report it.
void require_address_space();

// The most memory that this process has held so far, MiB.
double peak_memory_mib();

}  // namespace hamgen::apps
