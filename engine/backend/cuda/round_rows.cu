// Activations in BF16.

#include "engine/backend/cuda/detail/earlier.cuh"
#include "engine/backend/cuda/detail/mma.cuh"
#include "engine/backend/cuda/detail/rounded.h"
#include "engine/backend/cuda/detail/rows.h"

namespace engine::backend::cuda {

namespace {

constexpr int roundThreads = 256;
constexpr int perThread = 8;

/// Eight numbers a thread. Grid [rows, columns / (8 · threads)].
__global__ void __launch_bounds__(roundThreads)
    roundKernel(ConstRowsView x, int width, bool wide, std::uint16_t *to, std::size_t stride)
{
    waitForEarlier();
    const int col = (static_cast<int>(blockIdx.y) * roundThreads + static_cast<int>(threadIdx.x)) * perThread;
    if (col >= width)
        return;
    const auto row = static_cast<int>(blockIdx.x);
    const float *from = x.row(row) + col;
    float values[perThread] = {};
    if (wide && col + perThread <= width) {
#pragma unroll
        for (int i = 0; i < perThread; i += 4) {
            const float4 four = *reinterpret_cast<const float4 *>(from + i);
            values[i] = four.x;
            values[i + 1] = four.y;
            values[i + 2] = four.z;
            values[i + 3] = four.w;
        }
    } else {
#pragma unroll
        for (int i = 0; i < perThread; ++i)
            values[i] = col + i < width ? from[i] : 0.0F;
    }
    const uint4 rounded = {packBf16(values[0], values[1]), packBf16(values[2], values[3]),
                           packBf16(values[4], values[5]), packBf16(values[6], values[7])};
    *reinterpret_cast<uint4 *>(to + static_cast<std::size_t>(row) * stride + static_cast<std::size_t>(col)) = rounded;
}

} // namespace

RoundedRows roundToBf16(Queue &queue, const ConstRows &x, std::uint16_t *to)
{
    const std::size_t stride = roundedStride(x.width);
    launch(queue, roundKernel, dim3(static_cast<unsigned>(x.rows), blocksFor(x.width, roundThreads * perThread)),
           dim3(roundThreads), viewOf(x), x.width, hasWideInputs(x), to, stride);
    return {to, x.rows, x.width, stride};
}

} // namespace engine::backend::cuda
