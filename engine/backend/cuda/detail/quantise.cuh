#pragma once
// Rounding to E4M3 with a scale for 128 columns, to the bit as engine/backend/cpu/rounded_inputs.cpp does it: there is
// what it means.

#include "engine/backend/cuda/detail/quantise.h"
#include "engine/backend/cuda/detail/warp.cuh"
#include "engine/backend/cuda/detail/weights.cuh"

#include <cuda_fp8.h>

namespace engine::backend::cuda {

/// Magnitudes are in the order of their bits, infinity and NaN last.
__device__ inline unsigned magnitudeBits(float x)
{
    return __float_as_uint(x) & 0x7FFFFFFFU;
}

/// What the numbers of a group are divided by: NaN where one of them is not finite.
__device__ inline float quantisingScale(unsigned largest, bool powerOfTwo)
{
    if (largest >= 0x7F800000U)
        return __uint_as_float(0x7FC00000U);
    const float scale = fmaxf(__uint_as_float(largest), 1e-4F) / 448.0F;
    return powerOfTwo ? __uint_as_float((__float_as_uint(scale) + 0x007FFFFFU) & 0x7F800000U) : scale;
}

/// Two codes, that of `low` in the low byte.
__device__ inline unsigned e4m3Pair(float low, float high)
{
    return __nv_cvt_float2_to_fp8x2({low, high}, __NV_SATFINITE, __NV_E4M3);
}

__device__ inline unsigned warpMaxBits(unsigned value)
{
    for (int offset = warpSize32 / 2; offset > 0; offset /= 2)
        value = max(value, __shfl_xor_sync(wholeWarp, value, offset));
    return value;
}

/// The group `group` of row `row` from a warp that holds it, four neighbouring numbers in each lane.
__device__ inline void quantiseGroup(const float4 &four, bool powerOfTwo, const QuantisedSpace &to, int row, int group)
{
    const int lane = static_cast<int>(threadIdx.x) % warpSize32;
    const unsigned largest =
        max(max(magnitudeBits(four.x), magnitudeBits(four.y)), max(magnitudeBits(four.z), magnitudeBits(four.w)));
    const float scale = quantisingScale(warpMaxBits(largest), powerOfTwo);
    const unsigned codes = e4m3Pair(four.x / scale, four.y / scale) | e4m3Pair(four.z / scale, four.w / scale) << 16;
    *reinterpret_cast<unsigned *>(to.at(row, group * scaleGroup + lane * 4)) = codes;
    if (lane == 0)
        to.scale(row, group) = scale;
    if (lane > 0 && row == to.rows - 1 && row + lane < to.scaleStride)
        to.scale(row + lane, group) = 0.0F; // whole loads of four read it
}

/// Columns col … col + 3 of a row; zeros from `width` on. `wide`: the row starts on 16 bytes.
__device__ inline float4 loadFour(const float *row, int col, int width, bool wide)
{
    if (wide && col + 4 <= width)
        return *reinterpret_cast<const float4 *>(row + col);
    float values[4] = {};
#pragma unroll
    for (int i = 0; i < 4; ++i)
        values[i] = col + i < width ? row[col + i] : 0.0F;
    return {values[0], values[1], values[2], values[3]};
}

} // namespace engine::backend::cuda
