#pragma once
// What the lanes of a warp decide together, and the largest of what threads give.

#include "emulator.h"

#include <algorithm>
#include <cstring>

inline int __any_sync(unsigned, int mine)
{
    const std::byte *all = emulator::exchange(&mine, sizeof mine);
    for (int lane = 0; lane < 32; ++lane) {
        int other = 0;
        std::memcpy(&other, all + lane * 64, sizeof other);
        if (other != 0)
            return 1;
    }
    return 0;
}

/// Threads are run one at a time.
inline unsigned atomicMax(unsigned *at, unsigned value)
{
    const unsigned before = *at;
    *at = std::max(before, value);
    return before;
}
