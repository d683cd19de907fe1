#pragma once
// A block of the weight times a block of tokens on tensor cores. The weight is on the M side (16 rows a step), the
// tokens on the N side (8 a step), so that few tokens waste little. Both go through shared memory as BF16; the sums of
// 128 columns are made unscaled and then added in F32 with the block's scale, so FP8 weights lose nothing. Weights in
// blocks are rounded to BF16 as the inputs are.

#include "engine/backend/cuda/detail/blocks.cuh"
#include "engine/backend/cuda/detail/mma.cuh"
#include "engine/backend/cuda/detail/rows.h"
#include "engine/backend/cuda/detail/warp.cuh"

namespace engine::backend::cuda {

constexpr int tileRows = 64; ///< of the weight: 16 for each of 4 warps
constexpr int tileCols = 128;
constexpr int tileThreads = 128;
constexpr int tilePitch = tileCols + 8; ///< BF16 per row in shared memory; keeps the fragments off each other's banks

template <int tokens>
struct TileMemory {
    std::uint16_t weight[tileRows * tilePitch];
    std::uint16_t x[tokens * tilePitch];
};

/// Rows of x that a tile works on: `count` of them from `first`, or the ones listed in `gather`.
struct TileInput {
    ConstRowsView x;
    const int *gather = nullptr; ///< entry i is the row of token i; null: row first + i
    int first = 0;
    int count = 0;

    __device__ const float *row(int index) const { return x.row(gather == nullptr ? first + index : gather[index]); }
};

__device__ inline unsigned loadPair(const std::uint16_t *at)
{
    return *reinterpret_cast<const unsigned *>(at);
}

template <class Format>
__device__ inline void stageWeight(const WeightView &weight, int firstRow, int firstCol, std::uint16_t *to)
{
    constexpr int chunksPerRow = tileCols / Format::step;
    const std::size_t rowBytes = rowBytesOf<Format>(weight.cols);
    for (int chunk = static_cast<int>(threadIdx.x); chunk < tileRows * chunksPerRow; chunk += tileThreads) {
        const int row = chunk / chunksPerRow;
        const int col = chunk % chunksPerRow * Format::step;
        float values[Format::step] = {};
        if (firstRow + row < weight.rows && firstCol + col < weight.cols) {
            weightsAt<Format>(weight.data + static_cast<std::size_t>(firstRow + row) * rowBytes, firstCol + col,
                              values);
        }
        auto *words = reinterpret_cast<unsigned *>(to + row * tilePitch + col);
#pragma unroll
        for (int i = 0; i < Format::step; i += 2)
            words[i / 2] = packBf16(values[i], values[i + 1]);
    }
}

template <int tokens>
__device__ inline void stageInput(const TileInput &input, int cols, int firstCol, std::uint16_t *to)
{
    constexpr int chunksPerRow = tileCols / 4;
    for (int chunk = static_cast<int>(threadIdx.x); chunk < tokens * chunksPerRow; chunk += tileThreads) {
        const int token = chunk / chunksPerRow;
        const int col = chunk % chunksPerRow * 4;
        float4 four = {0.0F, 0.0F, 0.0F, 0.0F};
        if (token < input.count && firstCol + col < cols)
            four = *reinterpret_cast<const float4 *>(input.row(token) + firstCol + col);
        auto *words = reinterpret_cast<unsigned *>(to + token * tilePitch + col);
        words[0] = packBf16(four.x, four.y);
        words[1] = packBf16(four.z, four.w);
    }
}

/// Of the 16 rows of this warp and all tokens: sums += tile of the weight · tile of the input.
template <int tokens>
__device__ inline void multiplyTile(const TileMemory<tokens> &memory, float (&sums)[tokens / 8][4])
{
    const int lane = static_cast<int>(threadIdx.x) % warpSize32;
    const int warp = static_cast<int>(threadIdx.x) / warpSize32;
    const int group = lane / 4;
    const int place = lane % 4 * 2;
    const std::uint16_t *rowA = memory.weight + (warp * 16 + group) * tilePitch + place;
#pragma unroll
    for (int k = 0; k < tileCols; k += 16) {
        const unsigned a[4] = {loadPair(rowA + k), loadPair(rowA + 8 * tilePitch + k), loadPair(rowA + k + 8),
                               loadPair(rowA + 8 * tilePitch + k + 8)};
#pragma unroll
        for (int n = 0; n < tokens / 8; ++n) {
            const std::uint16_t *rowB = memory.x + (n * 8 + group) * tilePitch + place + k;
            const unsigned b[2] = {loadPair(rowB), loadPair(rowB + 8)};
            mmaBf16(sums[n], a, b);
        }
    }
}

/// totals += weight[firstRow …] · input over all columns; as the D fragments of mmaBf16(), token n · 8 + column.
template <class Format, int tokens>
__device__ inline void tileDot(const WeightView &weight, int firstRow, const TileInput &input,
                               TileMemory<tokens> &memory, float (&totals)[tokens / 8][4])
{
    const int row =
        firstRow + static_cast<int>(threadIdx.x) / warpSize32 * 16 + static_cast<int>(threadIdx.x) % warpSize32 / 4;
    for (int col = 0; col < weight.cols; col += tileCols) {
        stageWeight<Format>(weight, firstRow, col, memory.weight);
        stageInput<tokens>(input, weight.cols, col, memory.x);
        __syncthreads();
        float sums[tokens / 8][4] = {};
        multiplyTile<tokens>(memory, sums);
        const float scales[2] = {weight.scaleAt(min(row, weight.rows - 1), col),
                                 weight.scaleAt(min(row + 8, weight.rows - 1), col)};
#pragma unroll
        for (int n = 0; n < tokens / 8; ++n) {
#pragma unroll
            for (int i = 0; i < 4; ++i)
                totals[n][i] = fmaf(sums[n][i], scales[i / 2], totals[n][i]);
        }
        __syncthreads();
    }
}

/// body(row of the weight, token, total) for every total this lane holds that is inside the matrix.
template <int tokens, typename Body>
__device__ inline void forEachTotal(const WeightView &weight, int firstRow, int count,
                                    const float (&totals)[tokens / 8][4], const Body &body)
{
    const int lane = static_cast<int>(threadIdx.x) % warpSize32;
    const int row = firstRow + static_cast<int>(threadIdx.x) / warpSize32 * 16 + lane / 4;
#pragma unroll
    for (int n = 0; n < tokens / 8; ++n) {
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            const int r = row + i / 2 * 8;
            const int token = n * 8 + lane % 4 * 2 + i % 2;
            if (r < weight.rows && token < count)
                body(r, token, totals[n][i]);
        }
    }
}

} // namespace engine::backend::cuda
