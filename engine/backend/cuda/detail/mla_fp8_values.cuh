#pragma once
// Of mla_decode_fp8.cu: weights times values.

#include "engine/backend/cuda/detail/e4m3.cuh"
#include "engine/backend/cuda/detail/matrix_load.cuh"
#include "engine/backend/cuda/detail/mla_fp8_powers.cuh"
#include "engine/backend/cuda/detail/mma.cuh"

namespace engine::backend::cuda::decode_fp8 {

/// Weighted sums of this warp's columns, as D fragments: of 16 columns the even ones, then the odd ones.
template <class P>
struct ValueSums {
    static constexpr int chunks = P::warpCols / 16;
    float sums[P::mTiles][chunks][2][4] = {};

    __device__ static int group() { return static_cast<int>(threadIdx.x) / warpSize32 * P::warpCols / groupWidth; }

    /// Nothing is done where nothing changes: after the first tiles maxima seldom do.
    __device__ void scaleRows(const float *factor, float change)
    {
        const int lane = static_cast<int>(threadIdx.x) % warpSize32;
        float by[P::mTiles][2];
        bool changes = false;
#pragma unroll
        for (int m = 0; m < P::mTiles; ++m) {
#pragma unroll
            for (int half = 0; half < 2; ++half) {
                by[m][half] = factor[m * 16 + half * 8 + lane / 4] * change;
                changes = changes || by[m][half] != 1.0F;
            }
        }
        if (__any_sync(wholeWarp, changes) == 0)
            return;
#pragma unroll
        for (int m = 0; m < P::mTiles; ++m) {
#pragma unroll
            for (int chunk = 0; chunk < chunks; ++chunk) {
#pragma unroll
                for (int i = 0; i < 8; ++i)
                    sums[m][chunk][i / 4][i % 4] *= by[m][i % 4 / 2];
            }
        }
    }

    __device__ void add(const typename P::Memory &memory, const std::byte *tile)
    {
        const int lane = static_cast<int>(threadIdx.x) % warpSize32;
        const int warp = static_cast<int>(threadIdx.x) / warpSize32;
        const auto *from = reinterpret_cast<const std::byte *>(memory.weights[group()]);
#pragma unroll
        for (int step = 0; step < P::sixteens; ++step) {
            unsigned weights[P::mTiles][4];
#pragma unroll
            for (int m = 0; m < P::mTiles; ++m)
                loadMatrices(weights[m], from + 2 * ((m * 16 + lane % 16) * P::pitch + step * 16 + lane / 16 * 8));
            const int row = step * 16 + lane % 16;
#pragma unroll
            for (int pair = 0; pair < chunks / 2; ++pair) {
                unsigned codes[4];
                loadMatricesTransposed(codes,
                                       tile + row * latentWidth + swizzled(row, warp * chunks + pair * 2 + lane / 16));
                addChunk(weights, codes[0], codes[1], 2 * pair);
                addChunk(weights, codes[2], codes[3], 2 * pair + 1);
            }
        }
    }

    __device__ void write(const MlaCall &call) const
    {
        const int lane = static_cast<int>(threadIdx.x) % warpSize32;
        const int warp = static_cast<int>(threadIdx.x) / warpSize32;
        const int split = static_cast<int>(blockIdx.y);
#pragma unroll
        for (int m = 0; m < P::mTiles; ++m) {
#pragma unroll
            for (int half = 0; half < 2; ++half) {
                const int row = firstRow<P>() + m * 16 + half * 8 + lane / 4;
                if (row >= call.tokens * call.heads)
                    continue;
                float *to =
                    call.output.rowOf(row / call.heads, row % call.heads, split) + warp * P::warpCols + lane % 4 * 4;
#pragma unroll
                for (int chunk = 0; chunk < chunks; ++chunk) {
                    const auto &both = sums[m][chunk];
                    *reinterpret_cast<float4 *>(to + chunk * 16) = {both[0][2 * half], both[1][2 * half],
                                                                    both[0][2 * half + 1], both[1][2 * half + 1]};
                }
            }
        }
    }

private:
    /// `low`, `high`: the codes of the first and the last eight positions.
    __device__ void addChunk(const unsigned (&weights)[P::mTiles][4], unsigned low, unsigned high, int chunk)
    {
        unsigned even[2];
        unsigned odd[2];
        e4m3AlternatesToF16(low, even[0], odd[0]);
        e4m3AlternatesToF16(high, even[1], odd[1]);
#pragma unroll
        for (int m = 0; m < P::mTiles; ++m) {
            mmaF16(sums[m][chunk][0], weights[m], even);
            mmaF16(sums[m][chunk][1], weights[m], odd);
        }
    }
};

} // namespace engine::backend::cuda::decode_fp8
