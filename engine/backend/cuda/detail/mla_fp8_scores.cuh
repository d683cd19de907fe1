#pragma once
// Of mla_decode_fp8.cu: queries times keys.

#include "engine/backend/cuda/detail/e4m3.cuh"
#include "engine/backend/cuda/detail/matrix_load.cuh"
#include "engine/backend/cuda/detail/mla_fp8_powers.cuh"
#include "engine/backend/cuda/detail/mma.cuh"

namespace engine::backend::cuda::decode_fp8 {

/// What this warp multiplies keys with, as A fragments: times a power of two, the same in all of a row.
template <class P>
struct Queries {
    unsigned latent[P::mTiles][groupSteps][4]; ///< F16
    unsigned rotary[P::mTiles][4];             ///< BF16

    /// Contains a barrier.
    __device__ void load(const MlaCall &call, typename P::Memory &memory)
    {
        const int group = static_cast<int>(threadIdx.x) / warpSize32 % groups;
        const int lane = static_cast<int>(threadIdx.x) % warpSize32;
#pragma unroll
        for (int m = 0; m < P::mTiles; ++m) {
#pragma unroll
            for (int half = 0; half < 2; ++half) {
                const int inBlock = m * 16 + half * 8 + lane / 4;
                const unsigned exponent = exponentOf(rowOf(call, inBlock) + group * groupWidth);
                if (lane % 4 == 0) // by all warps of the group, which have the same
                    memory.queryExponent[group][inBlock] = exponent;
            }
        }
        __syncthreads();
#pragma unroll
        for (int m = 0; m < P::mTiles; ++m) {
#pragma unroll
            for (int half = 0; half < 2; ++half)
                load(call, memory, m, half);
        }
    }

    /// Of the largest number of a row of the block.
    __device__ static unsigned exponentIn(const typename P::Memory &memory, int inBlock)
    {
        unsigned exponent = memory.queryExponent[0][inBlock];
#pragma unroll
        for (int group = 1; group < groups; ++group)
            exponent = max(exponent, memory.queryExponent[group][inBlock]);
        return exponent;
    }

private:
    __device__ static bool isThere(const MlaCall &call, int inBlock)
    {
        return firstRow<P>() + inBlock < call.tokens * call.heads;
    }
    __device__ static const float *rowOf(const MlaCall &call, int inBlock)
    {
        const int row = isThere(call, inBlock) ? firstRow<P>() + inBlock : 0;
        return call.queries + static_cast<std::size_t>(row) * rowWidth;
    }

    /// The four lanes of a row look at 128 numbers.
    __device__ static unsigned exponentOf(const float *numbers)
    {
        float largest = 0.0F;
#pragma unroll
        for (int step = 0; step < groupSteps; ++step) {
            const float4 n = reinterpret_cast<const float4 *>(numbers + step * 16)[threadIdx.x % 4];
            largest = fmaxf(largest, fmaxf(fmaxf(fabsf(n.x), fabsf(n.y)), fmaxf(fabsf(n.z), fabsf(n.w))));
        }
        unsigned exponent = max(QueryRange::least, __float_as_uint(largest) & exponentBits);
        exponent = max(exponent, __shfl_xor_sync(wholeWarp, exponent, 1));
        return max(exponent, __shfl_xor_sync(wholeWarp, exponent, 2));
    }

    __device__ void load(const MlaCall &call, const typename P::Memory &memory, int m, int half)
    {
        const int lane = static_cast<int>(threadIdx.x) % warpSize32;
        const int group = static_cast<int>(threadIdx.x) / warpSize32 % groups;
        const int inBlock = m * 16 + half * 8 + lane / 4;
        const float *row = rowOf(call, inBlock);
        const float factor = isThere(call, inBlock) ? QueryRange::down(exponentIn(memory, inBlock)) : 0.0F;
#pragma unroll
        for (int step = 0; step < groupSteps; ++step) {
            const float4 n = reinterpret_cast<const float4 *>(row + group * groupWidth + step * 16)[lane % 4];
            latent[m][step][half] = packF16(n.x * factor, n.y * factor);
            latent[m][step][half + 2] = packF16(n.z * factor, n.w * factor);
        }
#pragma unroll
        for (int part = 0; part < 2; ++part) {
            const float2 n = reinterpret_cast<const float2 *>(row + latentWidth + group * 16 + part * 8)[lane % 4];
            rotary[m][half + 2 * part] = packBf16(n.x * factor, n.y * factor);
        }
    }
};

/// Partial scores of 16 positions.
template <class P>
struct KeySums {
    static constexpr int chains = P::mTiles == 1 ? 2 : 1; ///< sums that do not wait for each other
    float sums[P::mTiles][2][chains][4];

    __device__ void multiply(const Queries<P> &query, const std::byte *tile, typename P::Memory &memory)
    {
        const int lane = static_cast<int>(threadIdx.x) % warpSize32;
        const int warp = static_cast<int>(threadIdx.x) / warpSize32;
        const int group = warp % groups;
        const int first = warp / groups * 16;
#pragma unroll
        for (int n = 0; n < 2; ++n)
            multiplyCodes(query, tile, first + n * 8 + lane % 8, group * groupWidth / 16 + lane / 8, n);
        unsigned exponent = 0;
#pragma unroll
        for (int n = 0; n < 2; ++n) {
            const auto *scales =
                reinterpret_cast<const float *>(tile + P::scalesAt) + (first + n * 8 + lane % 4 * 2) * groups + group;
            const float scale[2] = {scales[0], scales[groups]};
            exponent = max(exponent, max(__float_as_uint(scale[0]), __float_as_uint(scale[1])) & exponentBits);
            scaleSums(scale, n);
        }
        exponent = max(exponent, __shfl_xor_sync(wholeWarp, exponent, 1));
        exponent = max(exponent, __shfl_xor_sync(wholeWarp, exponent, 2));
        if (lane == 0)
            atomicMax(&memory.largestScale, exponent);
        multiplyRotary(query, tile, first + lane / 16 * 8 + lane % 8, group * 2 + lane / 8 % 2);
        write(memory.scores[group] + lane / 4 * P::pitch + first + lane % 4 * 2);
    }

private:
    /// `row`, `chunk`: of the matrix this lane gives the address of.
    __device__ void multiplyCodes(const Queries<P> &query, const std::byte *tile, int row, int chunk, int n)
    {
#pragma unroll
        for (int four = 0; four < groupSteps / 4; ++four) {
            unsigned codes[4];
            loadMatrices(codes, tile + row * latentWidth + swizzled(row, chunk + four * 4));
#pragma unroll
            for (int i = 0; i < 4; ++i) {
                unsigned key[2];
                e4m3NeighboursToF16(codes[i], key[0], key[1]);
#pragma unroll
                for (int m = 0; m < P::mTiles; ++m) {
                    if (four < chains && i == 0)
                        mmaF16First(sums[m][n][four % chains], query.latent[m][four * 4 + i], key);
                    else
                        mmaF16(sums[m][n][four % chains], query.latent[m][four * 4 + i], key);
                }
            }
        }
    }

    /// Leaves all in the first chain.
    __device__ void scaleSums(const float (&scale)[2], int n)
    {
#pragma unroll
        for (int m = 0; m < P::mTiles; ++m) {
#pragma unroll
            for (int i = 0; i < 4; ++i) {
                float sum = sums[m][n][0][i];
                if (chains == 2)
                    sum += sums[m][n][chains - 1][i];
                sums[m][n][0][i] = sum * scale[i % 2];
            }
        }
    }

    __device__ void multiplyRotary(const Queries<P> &query, const std::byte *tile, int row, int chunk)
    {
        unsigned key[4];
        loadMatrices(key, tile + P::ropeAt + row * ropeBytes + swizzled(row, chunk));
        const unsigned first[2] = {key[0], key[1]};
        const unsigned second[2] = {key[2], key[3]};
#pragma unroll
        for (int m = 0; m < P::mTiles; ++m) {
            mmaBf16(sums[m][0][0], query.rotary[m], first);
            mmaBf16(sums[m][1][0], query.rotary[m], second);
        }
    }

    __device__ void write(float *to) const
    {
#pragma unroll
        for (int m = 0; m < P::mTiles; ++m) {
#pragma unroll
            for (int n = 0; n < 2; ++n) {
                const float(&d)[4] = sums[m][n][0];
                float *at = to + m * 16 * P::pitch + n * 8;
                *reinterpret_cast<float2 *>(at) = {d[0], d[1]};
                *reinterpret_cast<float2 *>(at + 8 * P::pitch) = {d[2], d[3]};
            }
        }
    }
};

} // namespace engine::backend::cuda::decode_fp8
