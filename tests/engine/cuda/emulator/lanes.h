#pragma once
// What lanes of a warp know of each other.

namespace emulator {

/// __match_any_sync() of a whole warp: the lanes that gave the same value.
unsigned matchAny(int value);

} // namespace emulator
