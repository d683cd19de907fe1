#pragma once
// Rotation of one pair of numbers.

#include "engine/backend/backend.h"

#include <cstddef>
#include <cuda_runtime.h>

namespace engine::backend::cuda {

struct RopeView {
    const float *cos = nullptr; ///< [tokens, ropeWidth / 2]
    const float *sin = nullptr;
    bool halves = false;
};

inline RopeView viewOf(const RopeRows &rope)
{
    return {rope.cos, rope.sin, rope.pairs == RopePairs::Halves};
}

/// Pair `pair` of `half` of the numbers at `x`.
__device__ inline void rotatePair(float *x, int pair, int half, int token, const RopeView &rope)
{
    const std::size_t angle =
        static_cast<std::size_t>(token) * static_cast<std::size_t>(half) + static_cast<std::size_t>(pair);
    const float cosine = rope.cos[angle];
    const float sine = rope.sin[angle];
    float &first = x[rope.halves ? pair : 2 * pair];
    float &second = x[rope.halves ? pair + half : 2 * pair + 1];
    const float a = first;
    const float b = second;
    first = a * cosine - b * sine;
    second = b * cosine + a * sine;
}

} // namespace engine::backend::cuda
