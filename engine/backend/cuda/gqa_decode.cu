// Grouped-query attention of a few queries a key-value head on tensor cores: heads of 64 or 128 numbers, BF16 in the
// cache. A block has 16 rows (see gqa.cuh) and a share of the pages; of every page a warp takes 16 positions, by
// cp.async into shared memory of its own, two tiles ahead of the one it works on. The warps wait for each other only at
// the end, when what they have seen is put together in their order.

#include "engine/backend/cuda/detail/earlier.cuh"
#include "engine/backend/cuda/detail/flash.cuh"
#include "engine/backend/cuda/detail/gqa.cuh"
#include "engine/backend/cuda/detail/launch.h"

namespace engine::backend::cuda {

namespace {

constexpr int blockRows = 16;
constexpr int warps = 4;
constexpr int threads = warps * warpSize32;
constexpr int tilePositions = gqaPage / warps; ///< of a warp
constexpr int stages = 3;

template <int width>
using State = Flash<width, width, tilePositions>;

/// What the warps have seen; lies where the tiles were.
template <int width>
struct Merge {
    static constexpr int pitch = width + 8; ///< keeps rows off each other's banks
    float values[warps][blockRows * pitch];
    float largest[warps][blockRows];
    float sum[warps][blockRows];
    float factor[warps][blockRows];
};

template <int width>
constexpr std::size_t sharedBytes = std::size_t{warps} * stages *State<width>::stageBytes;
static_assert(sizeof(Merge<128>) <= sharedBytes<128> && sizeof(Merge<64>) <= sharedBytes<64>);

/// The tiles of a warp: its 16 positions in every page of the split.
struct Walk {
    int page;
    int lastPage;
    int end; ///< position after the last one that any row of the block sees

    __device__ Walk(const GqaCall &call, int firstRow, int split) : end(call.endOf(firstRow + blockRows - 1))
    {
        const int pages = (end + gqaPage - 1) / gqaPage;
        page = pages * split / call.output.splits;
        lastPage = pages * (split + 1) / call.output.splits;
    }
    __device__ int position(int ahead) const
    {
        return (page + ahead) * gqaPage + static_cast<int>(threadIdx.x) / warpSize32 * tilePositions;
    }
    /// Null where there is nothing to see.
    __device__ const std::byte *memory(const GqaCall &call, int ahead) const
    {
        if (page + ahead >= lastPage || position(ahead) >= end)
            return nullptr;
        return call.cache.pages.pages[position(ahead) / call.cache.pages.pageTokens];
    }
};

template <int width>
__device__ inline void copyTile(const GqaCall &call, const Walk &walk, const std::byte *page, int kvHead, int ahead,
                                std::byte *stage)
{
    if (page != nullptr)
        copyKeyValues<width, tilePositions, warpSize32>(call.cache, page, kvHead, walk.position(ahead), walk.end,
                                                        stage);
    asyncCommit();
}

/// Lets the warp see its tiles.
template <int width>
__device__ inline void seeTiles(const GqaCall &call, Walk walk, int kvHead, const int (&rowEnd)[2], std::byte *tiles,
                                State<width> &state)
{
#pragma unroll
    for (int i = 0; i < stages - 1; ++i)
        copyTile<width>(call, walk, walk.memory(call, i), kvHead, i, tiles + i * State<width>::stageBytes);
    const std::byte *next = walk.memory(call, stages - 1); // asked for a tile ahead: an address is slow, too
    const int open = openUntil(rowEnd);
    for (int turn = 0; walk.page < walk.lastPage && walk.position(0) < walk.end; ++walk.page) {
        asyncWait<stages - 2>();
        __syncwarp(); // the tile is there, and no lane uses the one before any more
        const int free = turn == 0 ? stages - 1 : turn - 1;
        copyTile<width>(call, walk, next, kvHead, stages - 1, tiles + free * State<width>::stageBytes);
        next = walk.memory(call, stages);
        state.see(tiles + turn * State<width>::stageBytes, walk.position(0), rowEnd, open, call.scale);
        turn = turn == stages - 1 ? 0 : turn + 1;
    }
    asyncWait<0>();
}

template <int width>
__device__ inline void leave(const State<width> &state, Merge<width> &merge)
{
    const int lane = static_cast<int>(threadIdx.x) % warpSize32;
    const int warp = static_cast<int>(threadIdx.x) / warpSize32;
#pragma unroll
    for (int half = 0; half < 2; ++half) {
        const int row = half * 8 + lane / 4;
        const float sum = state.total(half);
        if (lane % 4 == 0) {
            merge.largest[warp][row] = state.largest[half];
            merge.sum[warp][row] = sum;
        }
        float *to = merge.values[warp] + row * Merge<width>::pitch + lane % 4 * 2;
#pragma unroll
        for (int n = 0; n < State<width>::valueTiles; ++n)
            *reinterpret_cast<float2 *>(to + n * 8) = {state.values[n][2 * half], state.values[n][2 * half + 1]};
    }
}

/// Factors of the warps, which make the result the row's when there is one split.
template <int width>
__device__ inline void weighWarps(const GqaCall &call, int kvHead, int firstRow, int split, Merge<width> &merge)
{
    const int inBlock = static_cast<int>(threadIdx.x);
    if (inBlock >= blockRows || firstRow + inBlock >= call.rows())
        return;
    float top = -FLT_MAX;
    for (int w = 0; w < warps; ++w)
        top = fmaxf(top, merge.largest[w][inBlock]);
    float sum = 0.0F;
    for (int w = 0; w < warps; ++w) {
        merge.factor[w][inBlock] = powerOfTwo(merge.largest[w][inBlock] - top);
        sum = fmaf(merge.sum[w][inBlock], merge.factor[w][inBlock], sum);
    }
    for (int w = 0; w < warps && call.output.splits == 1; ++w)
        merge.factor[w][inBlock] /= sum;
    const int row = firstRow + inBlock;
    call.output.putStats(call.tokenOf(row), call.headOf(kvHead, row), split, top, sum);
}

template <int width>
__device__ inline void write(const GqaCall &call, int kvHead, int firstRow, int split, const Merge<width> &merge)
{
    const int count = min(blockRows, call.rows() - firstRow) * width;
    for (int index = static_cast<int>(threadIdx.x); index < count; index += threads) {
        const int row = index / width;
        const int col = index % width;
        float value = 0.0F;
        for (int w = 0; w < warps; ++w)
            value = fmaf(merge.values[w][row * Merge<width>::pitch + col], merge.factor[w][row], value);
        call.outOf(kvHead, firstRow + row, split)[col] = value;
    }
}

/// Grid [rows / 16, key-value heads, splits]: blocks with the same positions start together, so that all but the first
/// find them in the L2 cache.
template <int width>
__global__ void __launch_bounds__(threads, 2) decodeKernel(GqaCall call)
{
    waitForEarlier();
    std::byte *tiles = dynamicShared();
    const int lane = static_cast<int>(threadIdx.x) % warpSize32;
    const int warp = static_cast<int>(threadIdx.x) / warpSize32;
    const int firstRow = static_cast<int>(blockIdx.x) * blockRows;
    const int kvHead = static_cast<int>(blockIdx.y);
    const int split = static_cast<int>(blockIdx.z);
    const int rows[2] = {firstRow + lane / 4, firstRow + 8 + lane / 4};
    const int rowEnd[2] = {call.endOf(rows[0]), call.endOf(rows[1])};
    State<width> state;
#pragma unroll
    for (int half = 0; half < 2; ++half)
        state.loadQuery(half, call.queryOf(kvHead, rows[half]));
    seeTiles<width>(call, Walk(call, firstRow, split), kvHead, rowEnd, tiles + warp * stages * State<width>::stageBytes,
                    state);
    __syncthreads(); // no warp uses its tiles any more
    auto &merge = *reinterpret_cast<Merge<width> *>(tiles);
    leave<width>(state, merge);
    __syncthreads();
    weighWarps<width>(call, kvHead, firstRow, split, merge);
    __syncthreads();
    write<width>(call, kvHead, firstRow, split, merge);
}

} // namespace

void gqaDecode(Queue &queue, GqaCall call, int positions, const DeviceLimits &device, AttentionScratch &scratch)
{
    const unsigned rowBlocks = blocksFor(call.tokens * call.group, blockRows);
    call.output.splits = splitsFor({.blocks = static_cast<int>(rowBlocks) * call.kvHeads,
                                    .rows = call.tokens * call.output.heads,
                                    .positions = positions,
                                    .wanted = 2 * device.units},
                                   scratch);
    const dim3 grid(rowBlocks, static_cast<unsigned>(call.kvHeads), static_cast<unsigned>(call.output.splits));
    if (call.cache.headWidth == 128)
        launchShared(queue, decodeKernel<128>, grid, dim3(threads), sharedBytes<128>, call);
    else
        launchShared(queue, decodeKernel<64>, grid, dim3(threads), sharedBytes<64>, call);
    combine(queue, call.output, call.tokens);
}

} // namespace engine::backend::cuda
