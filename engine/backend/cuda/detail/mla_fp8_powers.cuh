#pragma once
// Of mla_decode_fp8.cu: powers of two that bring numbers into the range of F16.

#include "engine/backend/cuda/detail/mla_fp8_tile.cuh"

namespace engine::backend::cuda::decode_fp8 {

/// A power of two near a number of these exponent bits, and its inverse times 2^`up`; numbers below 2^(up - 126) count
/// as that.
template <int up>
struct PowerOfTwo {
    static constexpr unsigned least = (1U + up) << mantissaWidth;

    /// To bring a number of at most this exponent below 2^(up + 1).
    __device__ static float down(unsigned exponent)
    {
        return __uint_as_float((254U << mantissaWidth) + (static_cast<unsigned>(up) << mantissaWidth) - exponent);
    }
    __device__ static float back(unsigned exponent)
    {
        return __uint_as_float(exponent - (static_cast<unsigned>(up) << mantissaWidth));
    }
};

using QueryRange = PowerOfTwo<10>;
using WeightRange = PowerOfTwo<12>;

/// 2^x; results below the normal numbers are 0.
__device__ inline float power2(float x)
{
#ifdef __CUDACC__
    float result;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(result) : "f"(x));
    return result;
#else
    return exp2f(x);
#endif
}

} // namespace engine::backend::cuda::decode_fp8
