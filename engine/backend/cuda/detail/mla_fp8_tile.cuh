#pragma once
// Of mla_decode_fp8.cu: what a block works on, and how it comes into shared memory.

#include "engine/backend/cuda/detail/async_copy.cuh"
#include "engine/backend/cuda/detail/earlier.cuh"
#include "engine/backend/cuda/detail/matrix_load.cuh"
#include "engine/backend/cuda/detail/mla.cuh"
#include "engine/backend/cuda/detail/warp.cuh"

namespace engine::backend::cuda::decode_fp8 {

constexpr int latentWidth = 512;
constexpr int ropeWidth = 64;
constexpr int rowWidth = latentWidth + ropeWidth;
constexpr int pageTokens = 64; ///< known, so that no tile's address takes a division
constexpr int ropeBytes = 2 * ropeWidth;
constexpr int groups = 4;
constexpr int groupWidth = latentWidth / groups;
constexpr int groupSteps = groupWidth / 16; ///< mma steps
constexpr int scaleBytes = groups * static_cast<int>(sizeof(float));
constexpr unsigned exponentBits = 0x7F800000U;
constexpr int mantissaWidth = 23;
constexpr unsigned one = 127U << mantissaWidth;

/// `mTiles` · 16 rows, tiles of `positions`, `stages` of them in shared memory.
template <int mTilesValue, int positionsValue, int stagesValue>
struct Plan {
    static constexpr int mTiles = mTilesValue;
    static constexpr int rows = 16 * mTiles;
    static constexpr int positions = positionsValue;
    static constexpr int stages = stagesValue;
    static constexpr int sixteens = positions / 16;
    static constexpr int warps = groups * sixteens;
    static constexpr int threads = warps * warpSize32;
    static constexpr int warpCols = latentWidth / warps; ///< in values
    static constexpr int pitch = positions + 8;          ///< of scores and weights; keeps rows off each other's banks
    // A tile: codes [positions, 512], rotary keys [positions, 64], both swizzled, scales [positions, 4].
    static constexpr int ropeAt = positions * latentWidth;
    static constexpr int scalesAt = ropeAt + positions * ropeBytes;
    static constexpr int tileBytes = scalesAt + positions * scaleBytes;

    struct Memory {
        float scores[groups][rows * pitch];
        std::uint16_t weights[groups][rows * pitch];
        float factor[rows]; ///< what the sums so far are multiplied with; at the end 1 / sum of weights
        unsigned queryExponent[groups][rows]; ///< of the largest number
        unsigned largestScale;                ///< so far, exponent bits
    };
    static constexpr std::size_t sharedBytes = static_cast<std::size_t>(stages) * tileBytes + sizeof(Memory);
};

/// Which tiles a block works on.
struct Share {
    int firstTile;
    int tiles;
    int end; ///< position after the last one that any row of the block sees
};

template <class P>
__device__ inline int firstRow()
{
    return static_cast<int>(blockIdx.x) * P::rows;
}

/// Position after the last one that row `row` sees; rows past the end count as the last.
__device__ inline int endOf(const MlaCall &call, int row)
{
    return call.cache.pages.start() + min(row / call.heads, call.tokens - 1) + 1;
}

template <class P>
__device__ inline Share shareOf(const MlaCall &call)
{
    const int split = static_cast<int>(blockIdx.y);
    const int end = endOf(call, firstRow<P>() + P::rows - 1);
    const int tiles = (end + P::positions - 1) / P::positions;
    const int first = tiles * split / call.output.splits;
    return {first, tiles * (split + 1) / call.output.splits - first, end};
}

template <class P>
__device__ inline const std::byte *pageOf(const MlaCall &call, const Share &share, int index)
{
    if (index >= share.tiles)
        return nullptr;
    return call.cache.pages.pages[static_cast<unsigned>((share.firstTile + index) * P::positions) / pageTokens];
}

/// Starts the copy of a tile, whose page is `page`; positions nobody sees become zeros, scales included. Eight threads
/// have a row.
template <class P>
__device__ inline void copyTile(const MlaCall &call, const std::byte *page, int tile, int end, std::byte *to)
{
    const int row = static_cast<int>(threadIdx.x) / 8;
    const int chunk = static_cast<int>(threadIdx.x) % 8;
    const int place = tile * P::positions & (pageTokens - 1);
    const bool present = tile * P::positions + row < end;
    const std::byte *layer = page + call.cache.pages.layerOffset;
    const std::byte *codes = layer + (place + row) * latentWidth + chunk * 16;
    std::byte *at = to + row * latentWidth + swizzled(row, chunk);
#pragma unroll
    for (int i = 0; i < latentWidth / 128; ++i)
        asyncCopy16(at + i * 128, codes + i * 128, present);
    asyncCopy16(to + P::ropeAt + row * ropeBytes + swizzled(row, chunk),
                layer + call.cache.ropePlane + (place + row) * ropeBytes + chunk * 16, present);
    const int position = static_cast<int>(threadIdx.x);
    if (position < P::positions)
        asyncCopy16(to + P::scalesAt + position * scaleBytes,
                    layer + call.cache.scalePlane + (place + position) * scaleBytes,
                    tile * P::positions + position < end);
}

} // namespace engine::backend::cuda::decode_fp8
