#include "lanes.h"

#include "emulator.h"

#include <cstring>

namespace emulator {

unsigned matchAny(int value)
{
    const std::byte *all = exchange(&value, sizeof value);
    unsigned same = 0;
    for (unsigned lane = 0; lane < 32; ++lane) {
        int other = 0;
        std::memcpy(&other, all + lane * 64, sizeof other);
        same |= (other == value ? 1U : 0U) << lane;
    }
    return same;
}

} // namespace emulator
