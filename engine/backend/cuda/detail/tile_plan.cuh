#pragma once
// The shape of a matrix product on tensor cores. A block makes `tokens` x `rows` of the result, a warp warpTokens x
// warpRows of that, from stages of stageCols columns in shared memory. The tokens are on the M side of
// mma.m16n8k16 and the rows of the weight on the N side; where the weight is in codes it is the other way round,
// because then both sides come into registers in the order the operands have.
//
// With two parts, gate and up, a warp has the same rows of both: the first half of its warpRows of the one, the second
// half of the other. So each lane can multiply what belongs together without asking another.

#include "engine/backend/cuda/detail/blocks.cuh"
#include "engine/backend/cuda/detail/matrix_load.cuh"

#include <type_traits>

namespace engine::backend::cuda {

constexpr int stageCols = 64;
constexpr int rowBytes16 = 2 * stageCols; ///< of a row of a stage in BF16

/// How a weight comes into shared memory, and what it is there.
enum class Feed {
    Copied,  ///< BF16 by cp.async
    Codes,   ///< FP8 by cp.async; becomes BF16 in registers
    Decoded, ///< by the threads, to BF16
};

template <class Format>
constexpr Feed feedOf = std::is_same_v<Format, FormatBF16>  ? Feed::Copied
                        : std::is_same_v<Format, FormatFP8> ? Feed::Codes
                                                            : Feed::Decoded;

template <class WeightFormat, int tokensOfWarp, int rowsOfWarp, int tokenWarpCount, int rowWarpCount, int matrices>
struct TilePlan {
    using Format = WeightFormat;
    static constexpr Feed feed = feedOf<Format>;
    static constexpr int warpTokens = tokensOfWarp;
    static constexpr int warpRows = rowsOfWarp;
    static constexpr int tokenWarps = tokenWarpCount;
    static constexpr int rowWarps = rowWarpCount;
    static constexpr int parts = matrices;
    static constexpr int threads = 32 * tokenWarps * rowWarps;
    static constexpr int tokens = warpTokens * tokenWarps;
    static constexpr int rows = warpRows * rowWarps; ///< of all parts together
    static constexpr int partRows = rows / parts;
    static constexpr bool rowsFirst = feed == Feed::Codes;
    static constexpr int firstTiles = (rowsFirst ? warpRows : warpTokens) / 16;
    static constexpr int secondTiles = (rowsFirst ? warpTokens : warpRows) / 8;
    static constexpr int inputBytes = tokens * rowBytes16;
    static constexpr int weightRowBytes = feed == Feed::Codes ? stageCols : rowBytes16;
    static constexpr int weightBytes = rows * weightRowBytes;
    static constexpr int stageBytes = inputBytes + weightBytes;
    /// What a device must hold at once so that its tensor cores are busy.
    static constexpr int blocksPerUnit = threads <= 128 ? 2 : 1;
    static_assert(feed != Feed::Codes || warpRows == 32, "one ldmatrix has the codes of 32 rows");
    static_assert(parts == 1 || warpRows / 2 % 16 == 0, "16 rows share a scale");

    using Totals = float[firstTiles][secondTiles][4]; ///< of a lane; see TileResult

    /// Of row `row` of the tile: which matrix it is of, and which of its rows, counted from the block's first.
    __device__ static int partOf(int row) { return row % warpRows / (warpRows / parts); }
    __device__ static int rowOf(int row) { return row / warpRows * (warpRows / parts) + row % (warpRows / parts); }

    /// Where 16 bytes of an input lie in its row in shared memory. Eight rows are read at once by ldmatrix, or four
    /// rows of 32 bytes where the weight is in codes: neither time two lanes meet in a bank.
    __device__ static int inputChunk(int row, int chunk)
    {
        if constexpr (feed == Feed::Codes)
            return (chunk ^ ((row & 3) * 2 + (row >> 2 & 1))) * 16;
        else
            return swizzled(row, chunk);
    }
    /// The same for a weight; codes have two rows in 128 bytes.
    __device__ static int weightChunk(int row, int chunk)
    {
        if constexpr (feed == Feed::Codes)
            return (chunk ^ (row >> 1 & 3)) * 16;
        else
            return swizzled(row, chunk);
    }
};

/// The first token and the first row of this warp in the tile.
template <class Plan>
__device__ inline int warpToken()
{
    return static_cast<int>(threadIdx.x) / 32 / Plan::rowWarps * Plan::warpTokens;
}
template <class Plan>
__device__ inline int warpRow()
{
    return static_cast<int>(threadIdx.x) / 32 % Plan::rowWarps * Plan::warpRows;
}

} // namespace engine::backend::cuda
