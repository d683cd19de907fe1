#include "engine/backend/cpu/kernels.h"
#include "engine/backend/cpu/ops.h"

namespace engine::backend::cpu {

void rope(Parallel &parallel, const Rows &x, int headWidth, int ropeWidth, const RopeRows &rope)
{
    const int heads = x.width / headWidth;
    const auto rotate = rope.pairs == RopePairs::Halves ? rotateHalves : rotatePairs;
    const double cost = 2.0 * x.rows * heads * ropeWidth;
    parallel.split(x.rows, 1, cost, [&](int first, int end, int) {
        for (int token = first; token < end; ++token) {
            const std::ptrdiff_t angles = static_cast<std::ptrdiff_t>(token) * (ropeWidth / 2);
            for (int head = 0; head < heads; ++head) {
                float *rotary = x.row(token) + static_cast<std::ptrdiff_t>(head + 1) * headWidth - ropeWidth;
                rotate(rotary, ropeWidth, rope.cos + angles, rope.sin + angles);
            }
        }
    });
}

} // namespace engine::backend::cpu
