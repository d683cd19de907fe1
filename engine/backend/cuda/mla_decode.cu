// Absorbed attention on tensor cores for the widths of every DeepSeek model with MLA: 512 latent and 64 rotary numbers,
// BF16 in the cache. Queries and softmax weights are rounded to BF16, all sums are F32.
//
// A block takes 16 or 32 (token, head) pairs, the M side of the products, and walks over its share of the positions in
// tiles of 32. A tile comes by cp.async, two or three are under way; it is read from global memory once and used twice:
// as keys (all 576 numbers) and as values (the first 512).
//
//   scores   warp w: positions 16 · (w / 4) …, numbers 144 · (w % 4) … of the rows; four partial sums per score
//   weights  16 / mTiles threads a row: sum of the four, running maximum, weights in BF16
//   values   warp w: columns 64 · w …, the tile transposed on the way from shared memory

#include "engine/backend/cuda/detail/earlier.cuh"
#include "engine/backend/cuda/detail/launch.h"
#include "engine/backend/cuda/detail/matrix_load.cuh"
#include "engine/backend/cuda/detail/mla.cuh"
#include "engine/backend/cuda/detail/mma.cuh"
#include "engine/backend/cuda/detail/warp.cuh"

namespace engine::backend::cuda {

namespace {

constexpr int latentWidth = 512;
constexpr int ropeWidth = 64;
constexpr int rowWidth = latentWidth + ropeWidth;
constexpr int rowBytes = 2 * rowWidth;
constexpr int tilePositions = 32;
constexpr int tileBytes = tilePositions * rowBytes;
constexpr int warps = 8;
constexpr int threads = warps * warpSize32;
constexpr int quarters = 4;                            ///< of a row, in scores
constexpr int quarterSteps = rowWidth / 16 / quarters; ///< mma steps of a quarter
constexpr int warpCols = latentWidth / warps;          ///< in values
constexpr int scorePitch = tilePositions + 8;          ///< floats; keeps rows off each other's banks
constexpr int weightPitch = tilePositions + 8;         ///< BF16; the same

template <int mTiles>
struct Memory {
    float scores[quarters][16 * mTiles * scorePitch];
    std::uint16_t weights[16 * mTiles * weightPitch];
    float factor[16 * mTiles]; ///< what the sums so far are multiplied with; at the end 1 / sum of weights
};

/// Which tiles a block works on.
struct Share {
    int firstTile;
    int tiles;
    int end; ///< position after the last one that any row of the block sees
};

template <int mTiles>
__device__ inline int firstRow()
{
    return static_cast<int>(blockIdx.x) * 16 * mTiles;
}

/// Position after the last one that row `row` sees; rows past the end count as the last.
__device__ inline int endOf(const MlaCall &call, int row)
{
    return call.cache.pages.start() + min(row / call.heads, call.tokens - 1) + 1;
}

template <int mTiles>
__device__ inline Share shareOf(const MlaCall &call)
{
    const int split = static_cast<int>(blockIdx.y);
    const int end = endOf(call, firstRow<mTiles>() + 16 * mTiles - 1);
    const int tiles = (end + tilePositions - 1) / tilePositions;
    const int first = tiles * split / call.output.splits;
    return {first, tiles * (split + 1) / call.output.splits - first, end};
}

/// The quarter of the queries this warp multiplies with, as A fragments.
template <int mTiles>
__device__ inline void loadQueries(const MlaCall &call, unsigned (&query)[mTiles][quarterSteps][4])
{
    const int lane = static_cast<int>(threadIdx.x) % warpSize32;
    const int quarter = static_cast<int>(threadIdx.x) / warpSize32 % quarters;
#pragma unroll
    for (int m = 0; m < mTiles; ++m) {
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            const int row = firstRow<mTiles>() + m * 16 + half * 8 + lane / 4;
            const bool present = row < call.tokens * call.heads;
            const float *from = call.queries + static_cast<std::size_t>(present ? row : 0) * rowWidth +
                                quarter * quarterSteps * 16 + lane % 4 * 2;
#pragma unroll
            for (int step = 0; step < quarterSteps; ++step) {
#pragma unroll
                for (int part = 0; part < 2; ++part) {
                    const float2 two = *reinterpret_cast<const float2 *>(from + step * 16 + part * 8);
                    query[m][step][half + 2 * part] = present ? packBf16(two.x, two.y) : 0U;
                }
            }
        }
    }
}

/// Starts the copy of a tile, whose page is `page`; positions nobody sees become zeros. A thread copies every eighth
/// chunk of one row.
__device__ inline void copyTile(const MlaCall &call, const std::byte *page, int tile, int end, std::byte *to)
{
    const int row = static_cast<int>(threadIdx.x) / 8;
    const int chunk = static_cast<int>(threadIdx.x) % 8;
    const int position = tile * tilePositions + row;
    const std::byte *from = page + call.cache.pages.layerOffset +
                            static_cast<std::size_t>(position % call.cache.pages.pageTokens) * rowBytes + chunk * 16;
    std::byte *at = to + row * rowBytes + swizzled(row, chunk);
#pragma unroll
    for (int i = 0; i < rowBytes / 128; ++i)
        asyncCopy16(at + i * 128, from + i * 128, position < end);
}

__device__ inline const std::byte *pageOf(const MlaCall &call, const Share &share, int index)
{
    if (index >= share.tiles)
        return nullptr;
    return call.cache.pages.pages[(share.firstTile + index) * tilePositions / call.cache.pages.pageTokens];
}

/// Scores of 16 positions over a quarter of the row.
template <int mTiles>
__device__ inline void multiplyKeys(const unsigned (&query)[mTiles][quarterSteps][4], const std::byte *tile,
                                    float *scores)
{
    const int lane = static_cast<int>(threadIdx.x) % warpSize32;
    const int warp = static_cast<int>(threadIdx.x) / warpSize32;
    const int quarter = warp % quarters;
    const int row = warp / quarters * 16 + lane / 16 * 8 + lane % 8; // of the matrix this lane gives the address of
    const std::byte *keys = tile + row * rowBytes;
    float sums[mTiles][2][4] = {};
#pragma unroll
    for (int step = 0; step < quarterSteps; ++step) {
        unsigned key[4];
        loadMatrices(key, keys + swizzled(row, (quarter * quarterSteps + step) * 2 + lane / 8 % 2));
        const unsigned first[2] = {key[0], key[1]};
        const unsigned second[2] = {key[2], key[3]};
#pragma unroll
        for (int m = 0; m < mTiles; ++m) {
            mmaBf16(sums[m][0], query[m][step], first);
            mmaBf16(sums[m][1], query[m][step], second);
        }
    }
#pragma unroll
    for (int m = 0; m < mTiles; ++m) {
#pragma unroll
        for (int n = 0; n < 2; ++n) {
            float *to = scores + (m * 16 + lane / 4) * scorePitch + warp / quarters * 16 + n * 8 + lane % 4 * 2;
            *reinterpret_cast<float2 *>(to) = {sums[m][n][0], sums[m][n][1]};
            *reinterpret_cast<float2 *>(to + 8 * scorePitch) = {sums[m][n][2], sums[m][n][3]};
        }
    }
}

/// The running softmax of one row, held by 16 / mTiles threads with 2 · mTiles positions of a tile each.
template <int mTiles>
struct RunningSoftmax {
    static constexpr int width = 16 / mTiles;
    static constexpr int each = 2 * mTiles;
    float largest = -FLT_MAX;
    float sum = 0.0F; ///< this thread's part

    __device__ static int row() { return static_cast<int>(threadIdx.x) / width; }
    __device__ static int place() { return static_cast<int>(threadIdx.x) % width; }

    /// `position`: of the first of the tile; the row sees what comes before `end`.
    __device__ void see(Memory<mTiles> &memory, int position, int end, float scale)
    {
        const int at = place() * each;
        float scores[each] = {};
#pragma unroll
        for (int quarter = 0; quarter < quarters; ++quarter) {
#pragma unroll
            for (int i = 0; i < each; i += 2) {
                const float2 two =
                    *reinterpret_cast<const float2 *>(memory.scores[quarter] + row() * scorePitch + at + i);
                scores[i] += two.x;
                scores[i + 1] += two.y;
            }
        }
        float top = largest;
#pragma unroll
        for (int i = 0; i < each; ++i) {
            scores[i] *= scale;
            if (position + at + i < end)
                top = fmaxf(top, scores[i]);
        }
#pragma unroll
        for (int offset = width / 2; offset > 0; offset /= 2)
            top = fmaxf(top, __shfl_xor_sync(wholeWarp, top, offset));
        const float factor = exp2f(largest - top);
        largest = top;
        sum *= factor;
#pragma unroll
        for (int i = 0; i < each; ++i) {
            scores[i] = position + at + i < end ? exp2f(scores[i] - top) : 0.0F;
            sum += scores[i];
        }
        auto *weights = reinterpret_cast<unsigned *>(memory.weights + row() * weightPitch + at);
#pragma unroll
        for (int i = 0; i < each; i += 2)
            weights[i / 2] = packBf16(scores[i], scores[i + 1]);
        if (place() == 0)
            memory.factor[row()] = factor;
    }

    __device__ float total() const
    {
        float all = sum;
#pragma unroll
        for (int offset = width / 2; offset > 0; offset /= 2)
            all += __shfl_xor_sync(wholeWarp, all, offset);
        return all;
    }
};

/// Weighted sums of this warp's columns, as D fragments.
template <int mTiles>
struct ValueSums {
    static constexpr int nTiles = warpCols / 8;
    float sums[mTiles][nTiles][4] = {};

    __device__ void scaleRows(const float *factor)
    {
        const int lane = static_cast<int>(threadIdx.x) % warpSize32;
#pragma unroll
        for (int m = 0; m < mTiles; ++m) {
#pragma unroll
            for (int half = 0; half < 2; ++half) {
                const float by = factor[m * 16 + half * 8 + lane / 4];
#pragma unroll
                for (int n = 0; n < nTiles; ++n) {
                    sums[m][n][2 * half] *= by;
                    sums[m][n][2 * half + 1] *= by;
                }
            }
        }
    }

    __device__ void add(const Memory<mTiles> &memory, const std::byte *tile)
    {
        const int lane = static_cast<int>(threadIdx.x) % warpSize32;
        const int warp = static_cast<int>(threadIdx.x) / warpSize32;
        scaleRows(memory.factor);
#pragma unroll
        for (int step = 0; step < tilePositions / 16; ++step) {
            unsigned weights[mTiles][4];
#pragma unroll
            for (int m = 0; m < mTiles; ++m)
                loadMatrices(weights[m], reinterpret_cast<const std::byte *>(memory.weights) +
                                             2 * ((m * 16 + lane % 16) * weightPitch + step * 16 + lane / 16 * 8));
            const int row = step * 16 + lane % 16;
#pragma unroll
            for (int pair = 0; pair < nTiles / 2; ++pair) {
                unsigned values[4];
                loadMatricesTransposed(values, tile + row * rowBytes +
                                                   swizzled(row, warp * (warpCols / 8) + pair * 2 + lane / 16));
                const unsigned first[2] = {values[0], values[1]};
                const unsigned second[2] = {values[2], values[3]};
#pragma unroll
                for (int m = 0; m < mTiles; ++m) {
                    mmaBf16(sums[m][2 * pair], weights[m], first);
                    mmaBf16(sums[m][2 * pair + 1], weights[m], second);
                }
            }
        }
    }

    __device__ void write(const MlaCall &call) const
    {
        const int lane = static_cast<int>(threadIdx.x) % warpSize32;
        const int warp = static_cast<int>(threadIdx.x) / warpSize32;
        const int split = static_cast<int>(blockIdx.y);
#pragma unroll
        for (int m = 0; m < mTiles; ++m) {
#pragma unroll
            for (int half = 0; half < 2; ++half) {
                const int row = firstRow<mTiles>() + m * 16 + half * 8 + lane / 4;
                if (row >= call.tokens * call.heads)
                    continue;
                float *to =
                    call.output.rowOf(row / call.heads, row % call.heads, split) + warp * warpCols + lane % 4 * 2;
#pragma unroll
                for (int n = 0; n < nTiles; ++n)
                    *reinterpret_cast<float2 *>(to + n * 8) = {sums[m][n][2 * half], sums[m][n][2 * half + 1]};
            }
        }
    }
};

/// Leaves in memory.factor what the sums of each row are to be multiplied with.
template <int mTiles>
__device__ inline void finishSoftmax(const MlaCall &call, const RunningSoftmax<mTiles> &softmax, Memory<mTiles> &memory)
{
    const int inBlock = RunningSoftmax<mTiles>::row();
    const int row = firstRow<mTiles>() + inBlock;
    const float sum = softmax.total();
    if (RunningSoftmax<mTiles>::place() != 0)
        return;
    memory.factor[inBlock] = call.output.splits == 1 ? 1.0F / sum : 1.0F;
    if (row < call.tokens * call.heads)
        call.output.putStats(row / call.heads, row % call.heads, static_cast<int>(blockIdx.y), softmax.largest, sum);
}

/// Grid [(token, head) pairs / (16 · mTiles), splits]: blocks with the same positions start together, so that all but
/// the first find them in the L2 cache.
template <int mTiles, int stages>
__global__ void __launch_bounds__(threads, 1) decodeKernel(MlaCall call)
{
    waitForEarlier();
    std::byte *tiles = dynamicShared();
    auto &memory = *reinterpret_cast<Memory<mTiles> *>(tiles + stages * tileBytes);
    const Share share = shareOf<mTiles>(call);
    for (int i = 0; i < stages - 1; ++i) {
        if (const std::byte *page = pageOf(call, share, i); page != nullptr)
            copyTile(call, page, share.firstTile + i, share.end, tiles + i * tileBytes);
        asyncCommit();
    }
    const std::byte *nextPage = pageOf(call, share, stages - 1); // asked for a tile ahead: an address is slow, too
    unsigned query[mTiles][quarterSteps][4];
    loadQueries<mTiles>(call, query);
    const int rowEnd = endOf(call, firstRow<mTiles>() + RunningSoftmax<mTiles>::row());
    RunningSoftmax<mTiles> softmax;
    ValueSums<mTiles> values;
    float *scores = memory.scores[static_cast<int>(threadIdx.x) / warpSize32 % quarters];
    for (int i = 0; i < share.tiles; ++i) {
        asyncWait<stages - 2>();
        __syncthreads(); // the tile is there, and nobody uses the one before any more
        const int ahead = i + stages - 1;
        if (nextPage != nullptr)
            copyTile(call, nextPage, share.firstTile + ahead, share.end, tiles + ahead % stages * tileBytes);
        asyncCommit();
        nextPage = pageOf(call, share, ahead + 1);
        const std::byte *tile = tiles + i % stages * tileBytes;
        multiplyKeys<mTiles>(query, tile, scores);
        __syncthreads();
        softmax.see(memory, (share.firstTile + i) * tilePositions, rowEnd, call.scale);
        __syncthreads();
        values.add(memory, tile);
    }
    __syncthreads();
    finishSoftmax<mTiles>(call, softmax, memory);
    __syncthreads();
    values.scaleRows(memory.factor);
    values.write(call);
}

template <int mTiles, int stages>
constexpr std::size_t sharedBytes = stages *tileBytes + sizeof(Memory<mTiles>);

template <int mTiles>
void start(Queue &queue, const MlaCall &call, const DeviceLimits &device)
{
    const dim3 grid(blocksFor(call.tokens * call.heads, 16 * mTiles), static_cast<unsigned>(call.output.splits));
    if (device.sharedBytes >= sharedBytes<mTiles, 3>)
        launchShared(queue, decodeKernel<mTiles, 3>, grid, dim3(threads), sharedBytes<mTiles, 3>, call);
    else
        launchShared(queue, decodeKernel<mTiles, 2>, grid, dim3(threads), sharedBytes<mTiles, 2>, call);
}

} // namespace

bool canDecode(const MlaArgs &args)
{
    const LatentCache &cache = args.cache;
    return cache.dtype == memory::DType::BF16 && cache.latentWidth == latentWidth && cache.ropeWidth == ropeWidth &&
           cache.width == rowWidth && cache.pageTokens % tilePositions == 0 && cache.layerOffset % 16 == 0;
}

void mlaDecode(Queue &queue, MlaCall call, int positions, const DeviceLimits &device, AttentionScratch &scratch)
{
    const int rows = call.tokens * call.heads;
    const int mTiles = rows > 16 ? 2 : 1;
    call.output.splits = splitsFor({.blocks = static_cast<int>(blocksFor(rows, 16 * mTiles)),
                                    .rows = rows,
                                    .positions = positions,
                                    .wanted = device.units},
                                   scratch);
    if (mTiles == 2)
        start<2>(queue, call, device);
    else
        start<1>(queue, call, device);
    combine(queue, call.output, call.tokens);
}

} // namespace engine::backend::cuda
