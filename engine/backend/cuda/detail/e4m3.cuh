#pragma once
// E4M3 (bias 7, no infinity, NaN = 0x7F and 0xFF, largest 448) to and from wider numbers. Every code is a number of
// F16, so that tensor cores can multiply what is stored as it is. Before compute capability 8.9 there is no instruction
// for it: the bits are moved to where F16 has them and the exponent is mended by a multiplication with 256, which is
// exact for subnormals, too; NaN then comes out as ±480.

#include <cuda_fp16.h>
#include <cuda_runtime.h>

namespace engine::backend::cuda {

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 890
#define BATHYSCOPE_HAS_E4M3 1
#else
#define BATHYSCOPE_HAS_E4M3 0
#endif

/// Two F16 whose codes are the upper bytes of the halves of `word`; its lower bytes are not looked at.
__device__ inline unsigned e4m3UpperToF16(unsigned word)
{
    const unsigned small = (word & 0x80008000U) | ((word >> 1) & 0x3F803F80U); // times 2^-8
#ifdef __CUDACC__
    unsigned numbers;
    asm("mul.f16x2 %0, %1, %2;" : "=r"(numbers) : "r"(small), "r"(0x5C005C00U));
    return numbers;
#else
    const auto times256 = [](unsigned half) {
        const float value = __half2float(__ushort_as_half(static_cast<std::uint16_t>(half))) * 256.0F;
        return static_cast<unsigned>(__half_as_ushort(__float2half_rn(value)));
    };
    return times256(small & 0xFFFFU) | times256(small >> 16) << 16;
#endif
}

/// Four codes, the first in the lowest byte, as F16: bytes 0 and 1, bytes 2 and 3.
__device__ inline void e4m3NeighboursToF16(unsigned word, unsigned &first, unsigned &second)
{
#if BATHYSCOPE_HAS_E4M3
    asm("{ .reg .b16 low, high; mov.b32 {low, high}, %2; cvt.rn.f16x2.e4m3x2 %0, low; cvt.rn.f16x2.e4m3x2 %1, high; }"
        : "=r"(first), "=r"(second)
        : "r"(word));
#else
    first = e4m3UpperToF16(((word & 0xFFU) << 8) | ((word & 0xFF00U) << 16));
    second = e4m3UpperToF16(((word & 0xFF0000U) >> 8) | (word & 0xFF000000U));
#endif
}

/// The same, bytes 0 and 2, bytes 1 and 3.
__device__ inline void e4m3AlternatesToF16(unsigned word, unsigned &even, unsigned &odd)
{
#if BATHYSCOPE_HAS_E4M3
    e4m3NeighboursToF16(__byte_perm(word, 0U, 0x3120U), even, odd);
#else
    even = e4m3UpperToF16(word << 8);
    odd = e4m3UpperToF16(word);
#endif
}

__device__ inline float e4m3ToFloat(unsigned code)
{
    const unsigned sign = (code & 0x80U) << 24;
    const unsigned magnitude = code & 0x7FU;
    if (magnitude == 0x7FU)
        return __uint_as_float(sign | 0x7FC00000U);
    return __uint_as_float(sign | magnitude << 20) * 0x1p120F; // exponent bias 7 to 127, subnormals as well
}

/// To nearest, ties to even; what is larger becomes ±448, NaN stays.
__device__ inline unsigned floatToE4m3(float value)
{
    const unsigned bits = __float_as_uint(value);
    const unsigned sign = (bits >> 24) & 0x80U;
    const unsigned magnitude = bits & 0x7FFFFFFFU;
    if (magnitude > 0x7F800000U)
        return sign | 0x7FU;
    if (magnitude >= 0x43E00000U) // 448
        return sign | 0x7EU;
    if (magnitude < 0x3C800000U) // below 2^-6: adding 2^14 leaves multiples of 2^-9 in the low bits
        return sign | (__float_as_uint(__uint_as_float(magnitude) + 0x1p14F) - 0x46800000U);
    const unsigned rounded = magnitude + 0x7FFFFU + ((magnitude >> 20) & 1U);
    return sign | ((rounded - (120U << 23)) >> 20);
}

} // namespace engine::backend::cuda
