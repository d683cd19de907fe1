#pragma once
// What the kernels of gqaAttention() are given. The query heads of a key-value head, for all tokens of the call, are
// its rows: row r is token r / group with head r % group of the group.

#include "engine/backend/cuda/detail/async_copy.cuh"
#include "engine/backend/cuda/detail/attention.h"
#include "engine/backend/cuda/detail/matrix_load.cuh"
#include "engine/backend/cuda/detail/pages.cuh"
#include "engine/backend/cuda/detail/rows.h"
#include "engine/backend/cuda/detail/split_attention.cuh"

namespace engine::backend::cuda {

struct GqaCall {
    ConstRowsView q;
    KeyValueView cache;
    int tokens = 1;
    int group = 1; ///< query heads of a key-value head
    int kvHeads = 1;
    float scale = 0.0F; ///< of the softmax, times log2 e
    AttentionOutput output;

    __device__ int rows() const { return tokens * group; }
    __device__ int tokenOf(int row) const { return row / group; }
    __device__ int headOf(int kvHead, int row) const { return kvHead * group + row % group; }
    /// Null for a row that is not there.
    __device__ const float *queryOf(int kvHead, int row) const
    {
        return row < rows() ? q.row(tokenOf(row)) + headOf(kvHead, row) * cache.headWidth : nullptr;
    }
    /// Position after the last one that row `row` sees; rows past the end count as the last.
    __device__ int endOf(int row) const { return cache.pages.start() + min(tokenOf(row), tokens - 1) + 1; }
    __device__ float *outOf(int kvHead, int row, int split) const
    {
        return output.rowOf(tokenOf(row), headOf(kvHead, row), split);
    }
};

/// Positions of a page, as far as the kernels for BF16 are concerned: a page is one or more of these.
constexpr int gqaPage = 64;

/// The keys of a head from `position` on; its values lie valueOffset() bytes further.
__device__ inline const std::byte *keysAt(const KeyValueView &cache, const std::byte *page, int head, int position)
{
    return page + cache.pages.layerOffset + 2 * cache.element(head, 0, position);
}
template <int width>
__device__ inline std::size_t valueOffset(const KeyValueView &cache)
{
    return static_cast<std::size_t>(cache.pages.pageTokens) * width * 2;
}

/// Starts the copy of keys, then values, of `positions` positions of one page, by `threads` threads that begin at a
/// multiple of that. What comes from `end` on becomes zeros.
template <int width, int positions, int threads>
__device__ inline void copyKeyValues(const KeyValueView &cache, const std::byte *page, int head, int position, int end,
                                     std::byte *stage)
{
    constexpr int chunks = width / 8; // of 16 bytes, in a row
    const int thread = static_cast<int>(threadIdx.x) % threads;
    const std::byte *keys = keysAt(cache, page, head, position) + thread * 16;
    const std::byte *values = keys + valueOffset<width>(cache);
#pragma unroll
    for (int i = 0; i < positions * chunks / threads; ++i) {
        const int row = (i * threads + thread) / chunks;
        std::byte *to = stage + row * width * 2 + swizzled(row, thread % chunks);
        const bool present = position + row < end;
        asyncCopy16(to, keys + i * threads * 16, present);
        asyncCopy16(to + positions * width * 2, values + i * threads * 16, present);
    }
    static_assert(threads % chunks == 0 && positions * chunks % threads == 0);
}

/// Whether the kernels below take this cache: BF16 and heads of 64 or 128 numbers.
bool canDecode(const GqaArgs &args);
/// One or two rows on the ordinary cores, in F32.
void gqaVector(Queue &queue, GqaCall call, int positions, const DeviceLimits &device, AttentionScratch &scratch);
/// A few rows on tensor cores.
void gqaDecode(Queue &queue, GqaCall call, int positions, const DeviceLimits &device, AttentionScratch &scratch);
/// Many rows on tensor cores.
void gqaPrefill(Queue &queue, GqaCall call, int positions, const DeviceLimits &device, AttentionScratch &scratch);

} // namespace engine::backend::cuda
