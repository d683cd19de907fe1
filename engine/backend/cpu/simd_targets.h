#pragma once
// Which instruction sets the kernels are compiled for; to be included before any Highway header. SSSE3 is left out
// because SSE4 is as old as matters; SVE because its vectors have no size known to the compiler and cannot be kept in
// arrays of accumulators (NEON serves those machines).

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
