#pragma once
// Matrix times few vectors in F32, for what stream.cuh does not take: a warp owns some rows of the weight and reads
// each byte of them once for up to `tokens` = 4 vectors, in steps of 16 bytes or 8 weights of a block a lane.

#include "engine/backend/cuda/detail/blocks.cuh"
#include "engine/backend/cuda/detail/rows.h"
#include "engine/backend/cuda/detail/warp.cuh"

namespace engine::backend::cuda {

constexpr int skinnyWarps = 4;
constexpr int skinnyTokens = 4;

/// sums[r][t] += this lane's part of weight[row + r] · x[t]; rows start on 16 bytes. Rows past the end count as the
/// last one; what is computed for them is not to be used.
template <class Format, int rows, int tokens>
__device__ inline void addSkinny(const WeightView &weight, int row, const float *const (&x)[tokens],
                                 float (&sums)[rows][tokens])
{
    constexpr int step = Format::step;
    const int lane = static_cast<int>(threadIdx.x) % warpSize32;
    const std::size_t rowBytes = rowBytesOf<Format>(weight.cols);
    const std::uint8_t *at[rows];
#pragma unroll
    for (int r = 0; r < rows; ++r)
        at[r] = weight.data + static_cast<std::size_t>(min(row + r, weight.rows - 1)) * rowBytes;
#pragma unroll 2
    for (int col = lane * step; col < weight.cols; col += warpSize32 * step) {
        float weights[rows][step];
#pragma unroll
        for (int r = 0; r < rows; ++r)
            weightsAt<Format>(at[r], col, weights[r]);
        float inputs[tokens][step];
#pragma unroll
        for (int t = 0; t < tokens; ++t) {
#pragma unroll
            for (int i = 0; i < step; i += 4) {
                const float4 four = *reinterpret_cast<const float4 *>(x[t] + col + i);
                inputs[t][i] = four.x;
                inputs[t][i + 1] = four.y;
                inputs[t][i + 2] = four.z;
                inputs[t][i + 3] = four.w;
            }
        }
#pragma unroll
        for (int r = 0; r < rows; ++r) {
            const float scale = weight.scaleAt(min(row + r, weight.rows - 1), col);
#pragma unroll
            for (int t = 0; t < tokens; ++t) {
                float part = 0.0F;
#pragma unroll
                for (int i = 0; i < step; ++i)
                    part = fmaf(weights[r][i], inputs[t][i], part);
                sums[r][t] = fmaf(part, scale, sums[r][t]);
            }
        }
    }
}

/// The same for rows at any address and of any length.
template <class Format, int rows, int tokens>
__device__ inline void addSkinnyNarrow(const WeightView &weight, int row, const float *const (&x)[tokens],
                                       float (&sums)[rows][tokens])
{
    const int lane = static_cast<int>(threadIdx.x) % warpSize32;
    const std::size_t rowBytes = rowBytesOf<Format>(weight.cols);
    for (int r = 0; r < rows && row + r < weight.rows; ++r) {
        const std::uint8_t *at = weight.data + static_cast<std::size_t>(row + r) * rowBytes;
        for (int col = lane; col < weight.cols; col += warpSize32) {
            const float value = weightAt<Format>(at, col) * weight.scaleAt(row + r, col);
            for (int t = 0; t < tokens; ++t)
                sums[r][t] = fmaf(value, x[t][col], sums[r][t]);
        }
    }
}

/// Totals of weight[row + r] · x[t] in every lane.
template <class Format, bool wide, int rows, int tokens>
__device__ inline void skinnyDot(const WeightView &weight, int row, const float *const (&x)[tokens],
                                 float (&sums)[rows][tokens])
{
    if constexpr (wide)
        addSkinny<Format, rows, tokens>(weight, row, x, sums);
    else
        addSkinnyNarrow<Format, rows, tokens>(weight, row, x, sums);
#pragma unroll
    for (int r = 0; r < rows; ++r) {
#pragma unroll
        for (int t = 0; t < tokens; ++t)
            sums[r][t] = warpSum(sums[r][t]);
    }
}

} // namespace engine::backend::cuda
