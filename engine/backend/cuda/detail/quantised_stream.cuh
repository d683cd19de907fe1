#pragma once
// Weights in E4M3 times few tokens in E4M3, at the speed of memory: as stream.cuh, but an input is one number, its
// code. The weight is on the M side. A lane has 16 neighbouring columns of a row; the inputs are read alike. After 128
// columns the sums are multiplied by both scales and added up in F32.
//
// Where mma.sync takes E4M3 (compute capability 8.9), the codes of both go into it as they are. Elsewhere both become
// F16, which is exact: the inputs once for all warps of a block, on their way into shared memory.

#include "engine/backend/cuda/detail/mma_e4m3.cuh"
#include "engine/backend/cuda/detail/quantised.h"
#include "engine/backend/cuda/detail/stream.cuh"

#include <type_traits>

namespace engine::backend::cuda {

/// `tokenTiles` · 8 tokens; `matrices` of one shape go over the same inputs. The names are those of StreamPlan.
template <int tokenTiles, int matrices, int blockWarps, bool multipliesCodes>
struct QuantisedPlan {
    using Format = FormatFP8;
    static constexpr int tiles = tokenTiles;
    static constexpr int parts = matrices;
    static constexpr int warps = blockWarps;
    static constexpr bool codes = multipliesCodes;
    static constexpr int threads = warps * warpSize32;
    static constexpr int rows = warps * 16; ///< of a block
    static constexpr int tokens = tiles * 8;
    static constexpr int laneCols = 16;
    static constexpr int chunks = 2;
    static constexpr int chunkCols = 4 * laneCols;
    static constexpr int stepCols = chunks * chunkCols;
    static constexpr int stages = 4;                ///< steps whose weights are under way
    static constexpr int laneUnits = codes ? 1 : 2; ///< of 16 bytes: the inputs of a lane
    /// Columns of the inputs that are in shared memory at a time.
    static constexpr int sliceCols = tiles * laneUnits == 8 ? 512 : 1024;
    static constexpr int sliceUnits = sliceCols / laneCols * laneUnits;
    static constexpr int sliceSteps = sliceCols / stepCols * parts;
    static_assert(stepCols == scaleGroup && sliceSteps % stages == 0 && stages % parts == 0);
};

template <class Plan>
struct QuantisedMemoryBlock {
    uint4 x[Plan::tokens * Plan::sliceUnits];
    float scale[Plan::sliceCols / scaleGroup][Plan::tokens];

    /// 16 bytes of a token. What lies in one half of 128 bytes, or in even places, lies in the other of odd tokens, so
    /// that 8 lanes, of two tokens, read from different banks.
    __device__ static int at(int token, int unit)
    {
        return token * Plan::sliceUnits + (unit ^ (token & 1) * (Plan::codes ? 4 : 1));
    }
};

/// 16 columns of a token into shared memory.
template <class Plan>
__device__ inline void stageInputs(const uint4 &codes, int token, int place, QuantisedMemoryBlock<Plan> &memory)
{
    if constexpr (Plan::codes) {
        memory.x[memory.at(token, place)] = codes;
    } else {
        uint4 first;
        uint4 second;
        e4m3AsF16(codes.x, first.x, first.y);
        e4m3AsF16(codes.y, first.z, first.w);
        e4m3AsF16(codes.z, second.x, second.y);
        e4m3AsF16(codes.w, second.z, second.w);
        memory.x[memory.at(token, 2 * place)] = first;
        memory.x[memory.at(token, 2 * place + 1)] = second;
    }
}

/// `count` rows of x from `firstRow`; columns up to endCol, a multiple of 128.
template <class Plan>
__device__ inline void stageQuantised(const QuantisedRows &x, int firstRow, int count, int firstCol, int endCol,
                                      QuantisedMemoryBlock<Plan> &memory)
{
    const int units = min(Plan::sliceCols, endCol - firstCol) / 16;
    for (int item = static_cast<int>(threadIdx.x); item < units * count; item += Plan::threads) {
        const int token = item / units;
        const int unit = item % units;
        const std::uint8_t *from = x.values +
                                   static_cast<std::size_t>(firstRow + token) * static_cast<std::size_t>(x.width) +
                                   static_cast<std::size_t>(firstCol + unit * 16);
        stageInputs<Plan>(*reinterpret_cast<const uint4 *>(from), token, unit, memory);
    }
    const int groups = units * 16 / scaleGroup;
    for (int item = static_cast<int>(threadIdx.x); item < groups * count; item += Plan::threads) {
        const int group = item / count;
        memory.scale[group][item % count] =
            x.scales[static_cast<std::size_t>(firstCol / scaleGroup + group) * static_cast<std::size_t>(x.scaleStride) +
                     static_cast<std::size_t>(firstRow + item % count)];
    }
}

/// Of one lane: 16 columns of two rows of the weight.
struct CodeOperands {
    unsigned first[4];
    unsigned second[4];

    __device__ CodeOperands(const uint4 &upper, const uint4 &lower)
        : first{upper.x, lower.x, upper.y, lower.y}, second{upper.z, lower.z, upper.w, lower.w}
    {
    }
    template <class Plan>
    __device__ void multiply(const QuantisedMemoryBlock<Plan> &memory, int token, int place, float (&sums)[4]) const
    {
        const uint4 x = memory.x[memory.at(token, place)];
        const unsigned low[2] = {x.x, x.y};
        const unsigned high[2] = {x.z, x.w};
        mmaE4m3(sums, first, low);
        mmaE4m3(sums, second, high);
    }
};

struct HalfOperands {
    unsigned a[4][4];

    __device__ HalfOperands(const uint4 &upper, const uint4 &lower)
    {
        const unsigned up[4] = {upper.x, upper.y, upper.z, upper.w};
        const unsigned low[4] = {lower.x, lower.y, lower.z, lower.w};
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            e4m3AsF16(up[i], a[i][0], a[i][2]);
            e4m3AsF16(low[i], a[i][1], a[i][3]);
        }
    }
    template <class Plan>
    __device__ void multiply(const QuantisedMemoryBlock<Plan> &memory, int token, int place, float (&sums)[4]) const
    {
        const uint4 first = memory.x[memory.at(token, 2 * place)];
        const uint4 second = memory.x[memory.at(token, 2 * place + 1)];
        const unsigned b[4][2] = {{first.x, first.y}, {first.z, first.w}, {second.x, second.y}, {second.z, second.w}};
#pragma unroll
        for (int i = 0; i < 4; ++i)
            mmaF16(sums, a[i], b[i]);
    }
};

/// totals += the step's 128 columns; `col` counts from the start of the slice.
template <class Plan>
__device__ inline void multiplyQuantised(const StreamStep<Plan> &step, int col, int count,
                                         const QuantisedMemoryBlock<Plan> &memory, float (&totals)[Plan::tiles][4])
{
    using Operands = std::conditional_t<Plan::codes, CodeOperands, HalfOperands>;
    const int lane = static_cast<int>(threadIdx.x) % warpSize32;
    const float unit = Plan::codes ? unitOfE4m3Sums() : unitOfF16Sums();
    float sums[Plan::tiles][4] = {};
#pragma unroll
    for (int chunk = 0; chunk < Plan::chunks; ++chunk) {
        const Operands operands(step.raw[0][chunk], step.raw[1][chunk]);
        const int place = (col + chunk * Plan::chunkCols) / Plan::laneCols + lane % 4;
#pragma unroll
        for (int tile = 0; tile < Plan::tiles; ++tile)
            operands.template multiply<Plan>(memory, min(tile * 8 + lane / 4, count - 1), place, sums[tile]);
    }
#pragma unroll
    for (int tile = 0; tile < Plan::tiles; ++tile) {
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            const int token = min(tile * 8 + lane % 4 * 2 + i % 2, count - 1);
            const float factor = memory.scale[col / scaleGroup][token] * step.scale[i / 2] * unit;
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
