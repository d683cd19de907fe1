#pragma once
// Attention of 16 queries a warp to tiles of positions on tensor cores (2205.14135, 2307.08691): scores never leave the
// registers, keys and values lie in shared memory. Queries, keys, values and softmax weights are BF16, everything else
// is F32.

#include "engine/backend/cuda/detail/matrix_load.cuh"
#include "engine/backend/cuda/detail/mma.cuh"
#include "engine/backend/cuda/detail/split_attention.cuh"
#include "engine/backend/cuda/detail/warp.cuh"

namespace engine::backend::cuda {

constexpr int flashQueries = 64; ///< of a block of flashThreads
constexpr int flashPositions = 64;
constexpr int flashThreads = 128;

/// Copies columns [firstCol, firstCol + cols) of a row of a tile by cp.async, `from` being where they start. All
/// threads take part, two per row: that of flashCopyRow(). Without `present` zeros are written.
template <int width, int firstCol, int cols>
__device__ inline void copyFlashRow(std::byte *tile, const std::byte *from, bool present)
{
    const int row = static_cast<int>(threadIdx.x) / 2;
#pragma unroll
    for (int i = 0; i < cols / 16; ++i) {
        const int chunk = i * 2 + static_cast<int>(threadIdx.x) % 2;
        asyncCopy16(tile + row * width * 2 + swizzled(row, firstCol / 8 + chunk), from + chunk * 16, present);
    }
}

/// The position in a tile that this thread copies.
__device__ inline int flashCopyRow()
{
    return static_cast<int>(threadIdx.x) / 2;
}

/// The query in the block of row `half` (0 or 1) of this lane's fragments.
__device__ inline int flashQuery(int half)
{
    const int lane = static_cast<int>(threadIdx.x) % warpSize32;
    return static_cast<int>(threadIdx.x) / warpSize32 * 16 + half * 8 + lane / 4;
}

/// Position before which all rows of this warp see everything, in every lane.
__device__ inline int openUntil(const int (&end)[2])
{
    int open = min(end[0], end[1]);
#pragma unroll
    for (int offset = warpSize32 / 2; offset >= 4; offset /= 2) // the four lanes of a row have the same
        open = min(open, __shfl_xor_sync(wholeWarp, open, offset));
    return open;
}

template <int keyWidth, int valueWidth, int tilePositions = flashPositions>
struct Flash {
    static constexpr int keyTileBytes = tilePositions * keyWidth * 2;
    static constexpr int stageBytes = keyTileBytes + tilePositions * valueWidth * 2;
    static constexpr int scoreTiles = tilePositions / 8;
    static constexpr int valueTiles = valueWidth / 8;

    unsigned query[keyWidth / 16][4];
    float values[valueTiles][4] = {};
    float largest[2] = {-FLT_MAX, -FLT_MAX};
    float sum[2] = {}; ///< this lane's part

    /// `row`: the query, or null for one that is not there
    __device__ void loadQuery(int half, const float *row)
    {
        const int lane = static_cast<int>(threadIdx.x) % warpSize32;
#pragma unroll
        for (int step = 0; step < keyWidth / 16; ++step) {
#pragma unroll
            for (int part = 0; part < 2; ++part) {
                const float *from = row + step * 16 + part * 8 + lane % 4 * 2;
                query[step][half + 2 * part] = row == nullptr ? 0U : packBf16(from[0], from[1]);
            }
        }
    }

    /// `stage`: keys, then values; `position`: of their first; row `half` sees what comes before end[half], and
    /// `open` is openUntil() of that.
    __device__ void see(const std::byte *stage, int position, const int (&end)[2], int open, float scale)
    {
        float scores[scoreTiles][4] = {};
        multiplyKeys(stage, scores);
        if (position + tilePositions > open)
            hide(scores, position, end);
        weigh(scores, scale);
        addValues(stage + keyTileBytes, scores);
    }

    /// Total weight of a row, in every lane that has numbers of it.
    __device__ float total(int half) const
    {
        float all = sum[half];
        all += __shfl_xor_sync(wholeWarp, all, 1);
        return all + __shfl_xor_sync(wholeWarp, all, 2);
    }

private:
    __device__ void multiplyKeys(const std::byte *keys, float (&scores)[scoreTiles][4])
    {
        const int lane = static_cast<int>(threadIdx.x) % warpSize32;
#pragma unroll
        for (int step = 0; step < keyWidth / 16; ++step) {
#pragma unroll
            for (int pair = 0; pair < scoreTiles / 2; ++pair) {
                const int row = pair * 16 + lane / 16 * 8 + lane % 8;
                unsigned key[4];
                loadMatrices(key, keys + row * keyWidth * 2 + swizzled(row, step * 2 + lane / 8 % 2));
                const unsigned first[2] = {key[0], key[1]};
                const unsigned second[2] = {key[2], key[3]};
                mmaBf16(scores[2 * pair], query[step], first);
                mmaBf16(scores[2 * pair + 1], query[step], second);
            }
        }
    }

    __device__ static void hide(float (&scores)[scoreTiles][4], int position, const int (&end)[2])
    {
        const int place = static_cast<int>(threadIdx.x) % 4 * 2;
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            const int visible = end[half] - position - place;
#pragma unroll
            for (int n = 0; n < scoreTiles; ++n) {
#pragma unroll
                for (int i = 0; i < 2; ++i) {
                    float &score = scores[n][2 * half + i];
                    score = n * 8 + i < visible ? score : -INFINITY;
                }
            }
        }
    }

    /// Scores become weights; what was summed so far is brought to the new maximum. `scale` is positive.
    __device__ void weigh(float (&scores)[scoreTiles][4], float scale)
    {
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            float top = scores[0][2 * half];
#pragma unroll
            for (int n = 0; n < scoreTiles; ++n)
                top = fmaxf(top, fmaxf(scores[n][2 * half], scores[n][2 * half + 1]));
            top = fmaxf(top, __shfl_xor_sync(wholeWarp, top, 1));
            top = fmaxf(top, __shfl_xor_sync(wholeWarp, top, 2));
            top = fmaxf(largest[half], top * scale); // finite: largest begins so
            const float factor = powerOfTwo(largest[half] - top);
            largest[half] = top;
            sum[half] *= factor;
#pragma unroll
            for (int n = 0; n < scoreTiles; ++n) {
#pragma unroll
                for (int i = 0; i < 2; ++i) {
                    float &score = scores[n][2 * half + i];
                    score = powerOfTwo(fmaf(score, scale, -top));
                    sum[half] += score;
                }
            }
            if (factor == 1.0F) // as soon as the largest has been seen
                continue;
#pragma unroll
            for (int n = 0; n < valueTiles; ++n) {
                values[n][2 * half] *= factor;
                values[n][2 * half + 1] *= factor;
            }
        }
    }

    /// The D fragments of two score tiles are the A fragment of 16 positions.
    __device__ void addValues(const std::byte *tile, const float (&weights)[scoreTiles][4])
    {
        const int lane = static_cast<int>(threadIdx.x) % warpSize32;
#pragma unroll
        for (int step = 0; step < tilePositions / 16; ++step) {
            const float(&low)[4] = weights[2 * step];
            const float(&high)[4] = weights[2 * step + 1];
            const unsigned a[4] = {packBf16(low[0], low[1]), packBf16(low[2], low[3]), packBf16(high[0], high[1]),
                                   packBf16(high[2], high[3])};
            const int row = step * 16 + lane % 16;
#pragma unroll
            for (int pair = 0; pair < valueTiles / 2; ++pair) {
                unsigned value[4];
                loadMatricesTransposed(value, tile + row * valueWidth * 2 + swizzled(row, pair * 2 + lane / 16));
                const unsigned first[2] = {value[0], value[1]};
                const unsigned second[2] = {value[2], value[3]};
                mmaBf16(values[2 * pair], a, first);
                mmaBf16(values[2 * pair + 1], a, second);
            }
        }
    }
};

/// Lets `flash` see the positions from `begin`, a multiple of flashPositions, to `end`; copy(position, stage) starts
/// the copies of a tile. `stages`: 2 · Flash::stageBytes of shared memory.
template <typename State, typename Copy>
__device__ inline void walkFlash(State &flash, int begin, int end, const int (&rowEnd)[2], float scale,
                                 std::byte *stages, const Copy &copy)
{
    if (begin < end)
        copy(begin, stages);
    asyncCommit();
    const int open = openUntil(rowEnd);
    int turn = 0;
    for (int position = begin; position < end; position += flashPositions) {
        const int next = position + flashPositions;
        if (next < end)
            copy(next, stages + (1 - turn) * State::stageBytes);
        asyncCommit();
        asyncWait<1>();
        __syncthreads();
        flash.see(stages + turn * State::stageBytes, position, rowEnd, open, scale);
        __syncthreads(); // nobody uses this stage any more
        turn = 1 - turn;
    }
}

} // namespace engine::backend::cuda
