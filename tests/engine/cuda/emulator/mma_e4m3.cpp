#include "mma_e4m3.h"

#include "emulator.h"
#include "engine/memory/dtype.h"

#include <cstring>

namespace emulator {

void mmaE4m3(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2])
{
    struct Registers {
        unsigned a[4];
        unsigned b[2];
    } mine{};
    std::memcpy(mine.a, a, sizeof a);
    std::memcpy(mine.b, b, sizeof b);
    constexpr unsigned slotBytes = 64;
    const std::byte *all = exchange(&mine, sizeof mine);
    const auto of = [&](unsigned lane) { return reinterpret_cast<const Registers *>(all + lane * slotBytes); };
    const auto byte = [](unsigned word, unsigned which) {
        return engine::memory::e4m3ToFloat(static_cast<std::uint8_t>(word >> (8 * which) & 0xFFU));
    };
    const unsigned lane = threadIdx.x % 32;
    for (unsigned i = 0; i < 4; ++i) {
        const unsigned row = lane / 4 + i / 2 * 8;
        const unsigned col = lane % 4 * 2 + i % 2;
        for (unsigned k = 0; k < 32; ++k) {
            const unsigned place = k % 16 / 4;
            const float left = byte(of(row % 8 * 4 + place)->a[row / 8 + k / 16 * 2], k % 4);
            const float right = byte(of(col * 4 + place)->b[k / 16], k % 4);
            d[i] += left * right;
        }
    }
}

} // namespace emulator
