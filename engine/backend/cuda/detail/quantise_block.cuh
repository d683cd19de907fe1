#pragma once
// Results of a block that has 128 rows of a weight, quantised before they leave it: the rows are the columns of what
// the next product reads, and all 128 that share a scale lie in one block.

#include "engine/backend/cuda/detail/quantise.cuh"

namespace engine::backend::cuda {

constexpr int quantisingWarps = scaleGroup / 16; ///< with 16 rows each

template <int tiles>
struct QuantiseBlock {
    unsigned largest[quantisingWarps][tiles * 8];
    alignas(4) std::uint8_t codes[tiles * 8][scaleGroup];
};

/// `values` as the D fragments of mmaE4m3(): row `warp · 16 + …` of the block's 128, token n · 8 + column; zero where
/// there is no such row. Token t of `count` becomes row toRow + t of `to`. For blocks of 256 threads.
template <int tiles>
__device__ inline void quantiseBlock(const float (&values)[tiles][4], int count, bool powerOfTwo,
                                     QuantiseBlock<tiles> &memory, const QuantisedSpace &to, int toRow, int group)
{
    const int lane = static_cast<int>(threadIdx.x) % warpSize32;
    const int warp = static_cast<int>(threadIdx.x) / warpSize32;
#pragma unroll
    for (int n = 0; n < tiles; ++n) {
#pragma unroll
        for (int j = 0; j < 2; ++j) {
            unsigned largest = max(magnitudeBits(values[n][j]), magnitudeBits(values[n][j + 2]));
            for (int bits = 4; bits < warpSize32; bits *= 2)
                largest = max(largest, __shfl_xor_sync(wholeWarp, largest, bits));
            if (lane < 4)
                memory.largest[warp][n * 8 + lane * 2 + j] = largest;
        }
    }
    __syncthreads();
#pragma unroll
    for (int n = 0; n < tiles; ++n) {
#pragma unroll
        for (int j = 0; j < 2; ++j) {
            const int token = n * 8 + lane % 4 * 2 + j;
            unsigned largest = 0;
            for (int w = 0; w < quantisingWarps; ++w)
                largest = max(largest, memory.largest[w][token]);
            const float scale = quantisingScale(largest, powerOfTwo);
            const unsigned codes = e4m3Pair(values[n][j] / scale, values[n][j + 2] / scale);
            memory.codes[token][warp * 16 + lane / 4] = static_cast<std::uint8_t>(codes & 0xFFU);
            memory.codes[token][warp * 16 + lane / 4 + 8] = static_cast<std::uint8_t>(codes >> 8);
            if (warp == 0 && lane < 4 && token < count)
                to.scale(toRow + token, group) = scale;
        }
    }
    const int behind = to.rows + static_cast<int>(threadIdx.x);
    if (toRow + count == to.rows && behind < to.scaleStride)
        to.scale(behind, group) = 0.0F; // whole loads of four read it
    __syncthreads();
    for (int item = static_cast<int>(threadIdx.x); item < count * (scaleGroup / 4);
         item += quantisingWarps * warpSize32) {
        const int token = item / (scaleGroup / 4);
        const int col = item % (scaleGroup / 4) * 4;
        *reinterpret_cast<unsigned *>(to.at(toRow + token, group * scaleGroup + col)) =
            *reinterpret_cast<const unsigned *>(memory.codes[token] + col);
    }
}

} // namespace engine::backend::cuda
