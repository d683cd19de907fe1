#pragma once
// Sums and maxima over a warp and a block.

#include <cuda_runtime.h>

namespace engine::backend::cuda {

constexpr int warpSize32 = 32;
constexpr unsigned wholeWarp = 0xFFFFFFFFU;

__device__ inline float warpSum(float value)
{
    for (int offset = warpSize32 / 2; offset > 0; offset /= 2)
        value += __shfl_xor_sync(wholeWarp, value, offset);
    return value;
}

__device__ inline float warpMax(float value)
{
    for (int offset = warpSize32 / 2; offset > 0; offset /= 2)
        value = fmaxf(value, __shfl_xor_sync(wholeWarp, value, offset));
    return value;
}

/// For blocks of up to 1024 threads in one dimension; every thread gets the sum. `scratch` [32] is in shared memory
/// and free again after the next __syncthreads().
__device__ inline float blockSum(float value, float *scratch)
{
    const int warp = static_cast<int>(threadIdx.x) / warpSize32;
    const int lane = static_cast<int>(threadIdx.x) % warpSize32;
    const int warps = static_cast<int>(blockDim.x) / warpSize32;
    value = warpSum(value);
    if (lane == 0)
        scratch[warp] = value;
    __syncthreads();
    return warpSum(lane < warps ? scratch[lane] : 0.0F);
}

} // namespace engine::backend::cuda
