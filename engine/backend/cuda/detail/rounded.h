#pragma once
// Activations as tensor cores multiply them: in BF16, every row on 16 bytes, so that 16 bytes a thread can be copied.

#include "engine/backend/backend.h"
#include "engine/backend/cuda/detail/launch.h"

#include <cstddef>
#include <cstdint>

namespace engine::backend::cuda {

struct RoundedRows {
    const std::uint16_t *data = nullptr;
    int rows = 0;
    int width = 0;
    std::size_t stride = 0; ///< a multiple of 8; what lies between width and stride is not to be read
};

/// Numbers from one rounded row to the next.
constexpr std::size_t roundedStride(int width)
{
    return (static_cast<std::size_t>(width) + 7) / 8 * 8;
}

/// Rounds x to the nearest BF16, ties to even. `to`: on 16 bytes, room for x.rows · roundedStride(x.width) numbers.
RoundedRows roundToBf16(Queue &queue, const ConstRows &x, std::uint16_t *to);

} // namespace engine::backend::cuda
