#pragma once
// Weights in E4M3 times few tokens in E4M3, at the speed of memory: as stream.cuh, but the codes of both go into the
// tensor cores as they are, nothing is converted. The weight is on the M side. A lane has 16 neighbouring columns of a
// row, which are half of each of two steps of mma.m16n8k32; the inputs are read alike. After 128 columns the sums are
// multiplied by both scales and added up in F32.

#include "engine/backend/cuda/detail/mma_e4m3.cuh"
#include "engine/backend/cuda/detail/quantised.h"
#include "engine/backend/cuda/detail/stream.cuh"

namespace engine::backend::cuda {

/// `tokenTiles` · 8 tokens; `matrices` of one shape go over the same inputs. The names are those of StreamPlan.
template <int tokenTiles, int matrices, int blockWarps>
struct QuantisedPlan {
    using Format = FormatFP8;
    static constexpr int tiles = tokenTiles;
    static constexpr int parts = matrices;
    static constexpr int warps = blockWarps;
    static constexpr int threads = warps * warpSize32;
    static constexpr int rows = warps * 16; ///< of a block
    static constexpr int tokens = tiles * 8;
    static constexpr int laneCols = 16;
    static constexpr int chunks = 2;
    static constexpr int chunkCols = 4 * laneCols;
    static constexpr int stepCols = chunks * chunkCols;
    static constexpr int stages = 4;       ///< steps whose weights are under way
    static constexpr int sliceCols = 1024; ///< of the inputs that are in shared memory at a time
    static constexpr int sliceSteps = sliceCols / stepCols * parts;
    static_assert(stepCols == scaleGroup && sliceSteps % stages == 0 && stages % parts == 0);
};

template <class Plan>
struct QuantisedMemoryBlock {
    alignas(16) std::uint8_t x[Plan::tokens * Plan::sliceCols];
    float scale[Plan::sliceCols / scaleGroup][Plan::tokens];

    /// 16 columns of a token. Neighbouring tokens have their halves of 128 bytes the other way round, so that 8 lanes
    /// read from different banks.
    __device__ uint4 &unit(int token, int index)
    {
        return *reinterpret_cast<uint4 *>(x + token * Plan::sliceCols + (index ^ (token & 1) << 2) * 16);
    }
    __device__ const uint4 &unit(int token, int index) const
    {
        return *reinterpret_cast<const uint4 *>(x + token * Plan::sliceCols + (index ^ (token & 1) << 2) * 16);
    }
};

/// `count` rows of x from `firstRow`; columns up to endCol, a multiple of 128.
template <class Plan>
__device__ inline void stageQuantised(const QuantisedRows &x, int firstRow, int count, int firstCol, int endCol,
                                      QuantisedMemoryBlock<Plan> &memory)
{
    const int units = min(Plan::sliceCols, endCol - firstCol) / 16;
    for (int item = static_cast<int>(threadIdx.x); item < units * count; item += Plan::threads) {
        const int token = item / units;
        const int unit = item % units;
        memory.unit(token, unit) = *reinterpret_cast<const uint4 *>(
            x.values + static_cast<std::size_t>(firstRow + token) * static_cast<std::size_t>(x.width) +
            static_cast<std::size_t>(firstCol + unit * 16));
    }
    const int groups = units * 16 / scaleGroup;
    for (int item = static_cast<int>(threadIdx.x); item < groups * count; item += Plan::threads) {
        const int group = item / count;
        memory.scale[group][item % count] =
            x.scales[static_cast<std::size_t>(firstCol / scaleGroup + group) * static_cast<std::size_t>(x.scaleStride) +
                     static_cast<std::size_t>(firstRow + item % count)];
    }
}

/// totals += the step's 128 columns; `col` counts from the start of the slice.
template <class Plan>
__device__ inline void multiplyQuantised(const StreamStep<Plan> &step, int col, int count,
                                         const QuantisedMemoryBlock<Plan> &memory, float (&totals)[Plan::tiles][4])
{
    const int lane = static_cast<int>(threadIdx.x) % warpSize32;
    float sums[Plan::tiles][4] = {};
#pragma unroll
    for (int chunk = 0; chunk < Plan::chunks; ++chunk) {
        const uint4 upper = step.raw[0][chunk];
        const uint4 lower = step.raw[1][chunk];
        const unsigned first[4] = {upper.x, lower.x, upper.y, lower.y};
        const unsigned second[4] = {upper.z, lower.z, upper.w, lower.w};
#pragma unroll
        for (int tile = 0; tile < Plan::tiles; ++tile) {
            const uint4 x = memory.unit(min(tile * 8 + lane / 4, count - 1),
                                        (col + chunk * Plan::chunkCols) / Plan::laneCols + lane % 4);
            const unsigned low[2] = {x.x, x.y};
            const unsigned high[2] = {x.z, x.w};
            mmaE4m3(sums[tile], first, low);
            mmaE4m3(sums[tile], second, high);
        }
    }
#pragma unroll
    for (int tile = 0; tile < Plan::tiles; ++tile) {
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            const int token = min(tile * 8 + lane % 4 * 2 + i % 2, count - 1);
            const float factor = memory.scale[col / scaleGroup][token] * step.scale[i / 2] * unitOfE4m3Sums();
            totals[tile][i] = fmaf(sums[tile][i], factor, totals[tile][i]);
        }
    }
}

/// totals[part] += rows firstRow … of weights[part] · rows xRow … of x over columns beginCol … endCol, beginCol a
/// multiple of 128. As the D fragments of mmaE4m3(): see forEachStreamTotal().
template <class Plan>
__device__ inline void quantisedDot(const WeightView *const (&weights)[Plan::parts], int firstRow, int beginCol,
                                    int endCol, const QuantisedRows &x, int xRow, int count,
                                    QuantisedMemoryBlock<Plan> &memory, float (&totals)[Plan::parts][Plan::tiles][4])
{
    constexpr int stages = Plan::stages;
    constexpr int parts = Plan::parts;
    const StreamRows<Plan> first(*weights[0], firstRow);
    const StreamRows<Plan> last(*weights[parts - 1], firstRow);
    const int steps = (endCol - beginCol + Plan::stepCols - 1) / Plan::stepCols * parts;
    StreamStep<Plan> ring[stages];
    const auto load = [&](int number, StreamStep<Plan> &step, bool lastPart) {
        if (number < steps)
            (lastPart ? last : first).load(beginCol + number / parts * Plan::stepCols, step);
    };
#pragma unroll
    for (int s = 0; s < stages; ++s)
        load(s, ring[s], parts > 1 && s % parts == 1);
    for (int slice = 0; slice < steps; slice += Plan::sliceSteps) {
        const int sliceCol = beginCol + slice / parts * Plan::stepCols;
        __syncthreads();
        stageQuantised<Plan>(x, xRow, count, sliceCol, beginCol + steps / parts * Plan::stepCols, memory);
        __syncthreads();
        const int end = min(steps, slice + Plan::sliceSteps);
        for (int number = slice; number < end; number += stages) {
#pragma unroll
            for (int s = 0; s < stages; ++s) {
                if (number + s < end)
                    multiplyQuantised<Plan>(ring[s], (number + s - slice) / parts * Plan::stepCols, count, memory,
                                            totals[parts > 1 && s % parts == 1 ? parts - 1 : 0]);
                load(number + s + stages, ring[s], parts > 1 && s % parts == 1);
            }
        }
    }
}

} // namespace engine::backend::cuda
