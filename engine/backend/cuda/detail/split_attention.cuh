#pragma once
// Attention of one query token to the cache, for a few heads that share their keys. A warp walks over the positions
// with a numerically safe running softmax (2112.05682, 2205.14135), a lane holds every 32nd number of the row; the
// warps of a block, then the blocks of a split (flash decoding), are put together at the end.

#include "engine/backend/cuda/detail/warp.cuh"

#include <cfloat>
#include <cstddef>
#include <cuda_runtime.h>

namespace engine::backend::cuda {

constexpr int attentionWarps = 4;

/// Of an unfinished softmax: the sum of weights and the weighted sum of values belong to the largest score. Scores are
/// in bits (multiplied by log2 e), so that a weight is a power of two.
struct SoftmaxStats {
    float largest = -FLT_MAX;
    float sum = 0.0F;
};

constexpr float log2e = 1.44269504088896341F;

/// 2^x, 0 below 2^-126: a weight, of which that much does not count.
__device__ inline float powerOfTwo(float x)
{
#ifdef __CUDACC__
    float power;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(power) : "f"(x));
    return power;
#else
    return exp2f(x);
#endif
}

/// `heads` queries of `parts` · 32 numbers, and what they have seen so far.
template <int heads, int parts>
struct WarpAttention {
    float query[heads][parts];
    float values[heads][parts];
    float largest[heads];
    float sum[heads];

    __device__ void begin()
    {
#pragma unroll
        for (int h = 0; h < heads; ++h) {
            largest[h] = -FLT_MAX;
            sum[h] = 0.0F;
#pragma unroll
            for (int i = 0; i < parts; ++i)
                values[h][i] = 0.0F;
        }
    }

    /// `scale`: of the softmax, times log2 e
    __device__ void see(const float (&key)[parts], const float (&value)[parts], float scale)
    {
#pragma unroll
        for (int h = 0; h < heads; ++h) {
            float score = 0.0F;
#pragma unroll
            for (int i = 0; i < parts; ++i)
                score = fmaf(query[h][i], key[i], score);
            score = warpSum(score) * scale;
            const float top = fmaxf(largest[h], score);
            const float old = exp2f(largest[h] - top);
            const float weight = exp2f(score - top);
            largest[h] = top;
            sum[h] = sum[h] * old + weight;
#pragma unroll
            for (int i = 0; i < parts; ++i)
                values[h][i] = fmaf(weight, value[i], values[h][i] * old);
        }
    }
};

template <int heads, int parts>
struct MergeMemory {
    float values[attentionWarps][heads][parts * warpSize32];
    float largest[attentionWarps][heads];
    float sum[attentionWarps][heads];
};

/// Puts the warps of the block together: calls write(head, column, value, largest, sum) for every column of every
/// head, `value` not yet divided by `sum`.
template <int heads, int parts, typename Write>
__device__ inline void mergeWarps(const WarpAttention<heads, parts> &state, MergeMemory<heads, parts> &memory,
                                  const Write &write)
{
    const int lane = static_cast<int>(threadIdx.x) % warpSize32;
    const int warp = static_cast<int>(threadIdx.x) / warpSize32;
#pragma unroll
    for (int h = 0; h < heads; ++h) {
#pragma unroll
        for (int i = 0; i < parts; ++i)
            memory.values[warp][h][i * warpSize32 + lane] = state.values[h][i];
        if (lane == 0) {
            memory.largest[warp][h] = state.largest[h];
            memory.sum[warp][h] = state.sum[h];
        }
    }
    __syncthreads();
    for (int index = static_cast<int>(threadIdx.x); index < heads * parts * warpSize32;
         index += attentionWarps * warpSize32) {
        const int head = index / (parts * warpSize32);
        const int col = index % (parts * warpSize32);
        float top = -FLT_MAX;
        for (int w = 0; w < attentionWarps; ++w)
            top = fmaxf(top, memory.largest[w][head]);
        float value = 0.0F;
        float sum = 0.0F;
        for (int w = 0; w < attentionWarps; ++w) {
            const float factor = exp2f(memory.largest[w][head] - top);
            value = fmaf(memory.values[w][head][col], factor, value);
            sum = fmaf(memory.sum[w][head], factor, sum);
        }
        write(head, col, value, top, sum);
    }
}

/// Where a block's result goes: to `out` when there is one split, else to `partials` and `stats`, which combine() puts
/// together. A split that has seen nothing has a sum of 0; its values are not looked at.
struct AttentionOutput {
    float *out = nullptr; ///< token t, head h → out[t · tokenStride + h · width]
    std::size_t tokenStride = 0;
    int width = 0;                 ///< numbers of a head
    float *partials = nullptr;     ///< [tokens, heads, splits, width]: weighted sums of values
    SoftmaxStats *stats = nullptr; ///< [tokens, heads, splits]
    int heads = 0;
    int splits = 1;

    __device__ std::size_t partialOf(int token, int head, int split) const
    {
        return static_cast<std::size_t>(token * heads + head) * static_cast<std::size_t>(splits) +
               static_cast<std::size_t>(split);
    }
    /// Where the numbers of a head go: divided by the sum if this is the only split.
    __device__ float *rowOf(int token, int head, int split) const
    {
        if (splits == 1)
            return out + static_cast<std::size_t>(token) * tokenStride + static_cast<std::size_t>(head * width);
        return partials + partialOf(token, head, split) * static_cast<std::size_t>(width);
    }
    __device__ void putStats(int token, int head, int split, float largest, float sum) const
    {
        if (splits > 1)
            stats[partialOf(token, head, split)] = {largest, sum};
    }
    __device__ void put(int token, int head, int split, int col, float value, float largest, float sum) const
    {
        if (col >= width)
            return;
        rowOf(token, head, split)[col] = splits == 1 ? value / sum : value;
        if (col == 0)
            putStats(token, head, split, largest, sum);
    }
};

/// Positions of a split: equal shares of `end`, the last may be shorter or empty.
__device__ inline int splitBegin(int end, int splits, int split)
{
    const int share = (end + splits - 1) / splits;
    return min(end, share * split);
}

} // namespace engine::backend::cuda
