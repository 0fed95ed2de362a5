// Marks a function whose loops are compiled for wider vectors too, chosen when the program starts.
//
// Only for integers, and for floats without fused operations (-ffp-contract=off): every version computes the
// same bytes.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define HAMGEN_WIDE_VECTORS __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define HAMGEN_WIDE_VECTORS
#endif
