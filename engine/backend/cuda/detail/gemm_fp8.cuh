#pragma once
// The kernel of gemm_fp8.cu in parts: who works on which tile, the thread that has operands copied, the warpgroups that
// multiply.

#include "engine/backend/cuda/detail/gemm_fp8.h"
#include "engine/backend/cuda/detail/route.h"
#include "engine/backend/cuda/detail/rows.h"
#include "engine/backend/cuda/detail/tensor_copy.cuh"
#include "engine/backend/cuda/detail/warp.cuh"
#include "engine/backend/cuda/detail/wgmma.cuh"

namespace engine::backend::cuda::fp8 {

constexpr int depth = 128;      ///< columns of a stage; one scale each for a token and for the weight
constexpr int weightRows = 128; ///< of a tile
constexpr int chunkTokens = wgmmaRows;
constexpr int chunks = 4; ///< of tokens in a tile
constexpr int maxTileTokens = chunks * chunkTokens;
constexpr int warpgroup = 128;
constexpr int consumers = 2; ///< warpgroups that multiply; one more copies
constexpr int consumerThreads = consumers * warpgroup;
constexpr int blockThreads = consumerThreads + warpgroup;
constexpr int chunksEach = chunks / consumers;
constexpr int panelTiles = 8; ///< tiles of tokens that share their rows of the weight in the L2 cache

// setmaxnreg: 128 · (2 · 232 + 40) registers are what 384 threads of 168 have.
constexpr int consumerRegisters = 232;
constexpr int copierRegisters = 40;

// Shared memory, from the first multiple of 1024 on.
constexpr unsigned chunkBytes = chunkTokens * depth;
constexpr unsigned weightBytes = weightRows * depth;
constexpr unsigned scaleBytes = maxTileTokens * sizeof(float);
constexpr unsigned stageBytes = chunks * chunkBytes + weightBytes + scaleBytes;
constexpr unsigned stages = 4;
constexpr unsigned xAt = 0;
constexpr unsigned weightAt = xAt + stages * chunks * chunkBytes;
constexpr unsigned scalesAt = weightAt + stages * weightBytes;
constexpr unsigned fullAt = scalesAt + stages * scaleBytes;
constexpr unsigned emptyAt = fullAt + stages * 8;
constexpr unsigned segmentsAt = emptyAt + stages * 8;
constexpr unsigned swizzleAlignment = 1024;
static_assert(scalesAt == stages * (stageBytes - scaleBytes));

struct Segments {
    int offsets[maxExperts + 1];    ///< the first token of an expert
    int firstTiles[maxExperts + 1]; ///< tiles of tokens before it
};
constexpr std::size_t sharedBytes = segmentsAt + sizeof(Segments) + swizzleAlignment;

struct Call {
    CUtensorMap x;      ///< [tokens, cols], boxes of a chunk
    CUtensorMap scales; ///< [cols / 128, tokens], boxes of a tile
    Fp8Weight weight;   ///< if there are no experts
    const Fp8Weight *experts = nullptr;
    const std::int32_t *offsets = nullptr; ///< [expertCount + 1]; null: all tokens
    int expertCount = 1;
    int tokens = 0;
    int rows = 0;  ///< of a weight
    int steps = 0; ///< cols / 128
    int tileTokens = maxTileTokens;
    RowsView out;
    bool accumulate = false;
};

struct Tile {
    int expert = 0;
    int firstToken = 0;
    int tokens = 0; ///< at most tileTokens
    int firstRow = 0;
};

/// The stage that is next, in the same order for those that fill and those that empty.
struct Ring {
    unsigned stage = 0;
    unsigned parity = 0;

    __device__ void next()
    {
        if (++stage == stages) {
            stage = 0;
            parity ^= 1U;
        }
    }
};

/// By one warp: where each expert's tokens and tiles begin. A lane looks after neighbouring experts.
__device__ inline void findSegments(const Call &call, Segments &segments)
{
    const int lane = static_cast<int>(threadIdx.x) % warpSize32;
    const int share = (call.expertCount + warpSize32 - 1) / warpSize32;
    const int first = min(lane * share, call.expertCount);
    const int last = min(first + share, call.expertCount);
    const auto offset = [&](int expert) {
        return call.offsets == nullptr ? expert * call.tokens : call.offsets[expert];
    };
    int tiles = 0;
    for (int e = first; e < last; ++e)
        tiles += (offset(e + 1) - offset(e) + call.tileTokens - 1) / call.tileTokens;
    int before = 0;
    for (int other = 0; other < warpSize32; ++other) {
        const int theirs = __shfl_sync(wholeWarp, tiles, other);
        before += other < lane ? theirs : 0;
    }
    for (int e = first; e < last; ++e) {
        segments.offsets[e] = offset(e);
        segments.firstTiles[e] = before;
        before += (offset(e + 1) - offset(e) + call.tileTokens - 1) / call.tileTokens;
    }
    if (last == call.expertCount && first < last) {
        segments.offsets[last] = offset(last);
        segments.firstTiles[last] = before;
    }
}

/// The tiles of an expert lie in panels of up to panelTiles tiles of tokens; those that run at the same time need few
/// operands together. False after the last one.
template <int pair>
__device__ inline bool findTile(const Call &call, const Segments &segments, int number, Tile &tile)
{
    const int across = (call.rows + pair * weightRows - 1) / (pair * weightRows);
    if (number >= segments.firstTiles[call.expertCount] * across)
        return false;
    int low = 0; // the last expert whose tiles begin at or before the number
    int high = call.expertCount;
    while (high - low > 1) {
        const int middle = (low + high) / 2;
        if (segments.firstTiles[middle] * across <= number)
            low = middle;
        else
            high = middle;
    }
    const int tiles = segments.firstTiles[low + 1] - segments.firstTiles[low];
    const int local = number - segments.firstTiles[low] * across;
    const int panel = local / (panelTiles * across);
    const int inPanel = local - panel * panelTiles * across;
    const int height = min(panelTiles, tiles - panel * panelTiles);
    const int rank = static_cast<int>(blockIdx.x) % pair;
    tile.expert = low;
    tile.firstToken = segments.offsets[low] + (panel * panelTiles + inPanel % height) * call.tileTokens;
    tile.tokens = min(call.tileTokens, segments.offsets[low + 1] - tile.firstToken);
    tile.firstRow = (inPanel / height * pair + rank) * weightRows;
    return true;
}

__device__ inline const Fp8Weight &weightOf(const Call &call, int expert)
{
    return call.experts == nullptr ? call.weight : call.experts[expert];
}

/// Asks for everything of a stage.
template <int pair>
__device__ inline void fillStage(const Call &call, const Tile &tile, const CUtensorMap *weight, int step, unsigned base,
                                 unsigned stage)
{
    const unsigned full = base + fullAt + stage * 8;
    const int used = (tile.tokens + chunkTokens - 1) / chunkTokens;
    arriveExpecting(full, static_cast<unsigned>(used) * chunkBytes + weightBytes + scaleBytes);
    copyBox(weight, tile.firstRow, step * depth, base + weightAt + stage * weightBytes, full);
    copyBox(&call.scales, step, tile.firstToken, base + scalesAt + stage * scaleBytes, full);
    const unsigned to = base + xAt + stage * chunks * chunkBytes;
    const int rank = static_cast<int>(blockIdx.x) % pair;
    for (int chunk = rank; chunk < used; chunk += pair) {
        const int token = tile.firstToken + chunk * chunkTokens;
        if constexpr (pair == 1)
            copyBox(&call.x, token, step * depth, to + static_cast<unsigned>(chunk) * chunkBytes, full);
        else
            copyBoxToAll(&call.x, token, step * depth, to + static_cast<unsigned>(chunk) * chunkBytes, full, 3);
    }
}

/// One thread.
template <int pair>
__device__ inline void copyTiles(const Call &call, const Segments &segments, unsigned base)
{
    Ring ring;
    Tile tile;
    int acquired = -1;
    const int count = static_cast<int>(gridDim.x) / pair;
    for (int number = static_cast<int>(blockIdx.x) / pair; findTile<pair>(call, segments, number, tile);
         number += count) {
        const CUtensorMap *weight = &weightOf(call, tile.expert).map;
        if (call.experts != nullptr && tile.expert != acquired)
            acquireTensorMap(weight);
        acquired = tile.expert;
        for (int step = 0; step < call.steps; ++step) {
            waitForPhase(base + emptyAt + ring.stage * 8, ring.parity ^ 1U);
            fillStage<pair>(call, tile, weight, step, base, ring.stage);
            ring.next();
        }
    }
}

/// The tensor cores are given from one warpgroup to the other when half of its product is done: the other one has the
/// rest of the time to start.
struct Turns {
    int mine;

    static constexpr int firstBarrier = 1;
    __device__ void start() const
    {
        if (mine == 1)
            pass();
    }
    __device__ void take() const { waitAtNamed(firstBarrier + mine, consumerThreads); }
    __device__ void pass() const { tellNamed(firstBarrier + 1 - mine, consumerThreads); }
    __device__ void end() const
    {
        if (mine == 0)
            take(); // what the other one passed last
    }
};

/// sums = 64 tokens times 128 rows of the weight, 128 columns.
__device__ inline void multiplyStage(unsigned x, unsigned weight, const Turns &turns, float (&sums)[64])
{
    const std::uint64_t a = swizzledOperand(x);
    const std::uint64_t b = swizzledOperand(weight);
    constexpr int parts = depth / wgmmaDepth;
    turns.take();
    fenceProducts();
#pragma unroll
    for (int k = 0; k < parts; ++k) {
        if (k == parts / 2)
            commitProducts();
        multiplyE4m3(sums, a + static_cast<unsigned>(k * wgmmaDepth / 16),
                     b + static_cast<unsigned>(k * wgmmaDepth / 16), k > 0);
    }
    commitProducts();
    waitForProducts<1>();
    turns.pass();
    waitForProducts<0>();
    holdRegisters(sums);
}

/// totals += sums · scale of the token · scale of the weight; a thread has two tokens.
__device__ inline void promote(const float (&sums)[64], float first, float second, float (&totals)[64])
{
#pragma unroll
    for (int j = 0; j < 64; j += 4) {
        totals[j] = fmaf(sums[j], first, totals[j]);
        totals[j + 1] = fmaf(sums[j + 1], first, totals[j + 1]);
        totals[j + 2] = fmaf(sums[j + 2], second, totals[j + 2]);
        totals[j + 3] = fmaf(sums[j + 3], second, totals[j + 3]);
    }
}

__device__ inline void storeFour(float *to, float4 four, bool accumulate)
{
    auto *at = reinterpret_cast<float4 *>(to);
    if (accumulate) {
        const float4 before = *at;
        four = {before.x + four.x, before.y + four.y, before.z + four.z, before.w + four.w};
    }
    __stcs(at, four);
}

/// A thread has columns 2 p and 2 p + 1 of every eight, p = lane % 4. Two neighbours exchange, so that each has four
/// that lie beside each other: the even one of the first eight, the odd one of the next eight.
__device__ inline void storeRow(const Call &call, int token, bool present, int firstRow, const float (&totals)[64],
                                int which)
{
    const int lane = static_cast<int>(threadIdx.x) % warpSize32;
    const bool odd = lane % 2 != 0;
    float *row = present ? call.out.row(token) : nullptr;
#pragma unroll
    for (int j = 0; j < 64; j += 8) {
        const int i = j + 2 * which;
        const float low = __shfl_xor_sync(wholeWarp, odd ? totals[i] : totals[i + 4], 1);
        const float high = __shfl_xor_sync(wholeWarp, odd ? totals[i + 1] : totals[i + 5], 1);
        const int col = firstRow + j * 2 + (odd ? 8 : 0) + lane % 4 / 2 * 4;
        if (present && col < call.rows)
            storeFour(row + col,
                      odd ? float4{low, high, totals[i + 4], totals[i + 5]}
                          : float4{totals[i], totals[i + 1], low, high},
                      call.accumulate);
    }
}

template <int pair>
__device__ inline void releaseStage(unsigned empty)
{
    const unsigned lane = threadIdx.x % warpSize32;
    __syncwarp();
    if constexpr (pair == 1) {
        if (lane == 0)
            arrive(empty);
    } else if (lane < pair) {
        arriveAt(empty, lane);
    }
}

/// One of the warpgroups that multiply: the products of a tile, in `totals`.
template <int pair>
__device__ inline void multiplyTile(const Call &call, const Tile &tile, const std::byte *memory, unsigned base,
                                    Ring &ring, const Turns &turns, float (&totals)[chunksEach][64])
{
    const int thread = static_cast<int>(threadIdx.x) % warpgroup;
    const int inChunk = thread / warpSize32 * 16 + thread % warpSize32 / 4;
    const float *weightScales = weightOf(call, tile.expert).scale + tile.firstRow / weightRows * call.steps;
    const bool inside = tile.firstRow < call.rows;
    float nextScale = inside ? weightScales[0] : 0.0F;
    for (int step = 0; step < call.steps; ++step) {
        const float weightScale = nextScale;
        waitForPhase(base + fullAt + ring.stage * 8, ring.parity);
        if (inside && step + 1 < call.steps)
            nextScale = weightScales[step + 1];
        const auto *scales = reinterpret_cast<const float *>(memory + scalesAt + ring.stage * scaleBytes);
#pragma unroll
        for (int c = 0; c < chunksEach; ++c) {
            const int chunk = c * consumers + turns.mine;
            float sums[64];
            const float first = scales[chunk * chunkTokens + inChunk] * weightScale;
            const float second = scales[chunk * chunkTokens + inChunk + 8] * weightScale;
            const bool used = chunk * chunkTokens < tile.tokens;
            if (used) {
                multiplyStage(base + xAt + (ring.stage * chunks + static_cast<unsigned>(chunk)) * chunkBytes,
                              base + weightAt + ring.stage * weightBytes, turns, sums);
            } else {
                turns.take();
                turns.pass();
            }
            if (c == chunksEach - 1)
                releaseStage<pair>(base + emptyAt + ring.stage * 8);
            if (used)
                promote(sums, first, second, totals[c]);
        }
        ring.next();
    }
}

template <int pair>
__device__ inline void multiplyTiles(const Call &call, const Segments &segments, const std::byte *memory, unsigned base)
{
    const int thread = static_cast<int>(threadIdx.x) % warpgroup;
    const int inChunk = thread / warpSize32 * 16 + thread % warpSize32 / 4;
    const Turns turns{static_cast<int>(threadIdx.x) / warpgroup};
    Ring ring;
    Tile tile;
    turns.start();
    const int count = static_cast<int>(gridDim.x) / pair;
    for (int number = static_cast<int>(blockIdx.x) / pair; findTile<pair>(call, segments, number, tile);
         number += count) {
        float totals[chunksEach][64] = {};
        multiplyTile<pair>(call, tile, memory, base, ring, turns, totals);
#pragma unroll
        for (int c = 0; c < chunksEach; ++c) {
            const int first = (c * consumers + turns.mine) * chunkTokens + inChunk;
#pragma unroll
            for (int which = 0; which < 2; ++which) {
                const int inTile = first + which * 8;
                storeRow(call, tile.firstToken + inTile, inTile < tile.tokens, tile.firstRow, totals[c], which);
            }
        }
    }
    turns.end();
}

__device__ inline void makeBarriers(unsigned base, int pair)
{
    for (unsigned stage = 0; stage < stages; ++stage) {
        initBarrier(base + fullAt + stage * 8, 1);
        initBarrier(base + emptyAt + stage * 8, static_cast<unsigned>(pair * consumerThreads / warpSize32));
    }
    fenceBarrierInit();
}

} // namespace engine::backend::cuda::fp8
