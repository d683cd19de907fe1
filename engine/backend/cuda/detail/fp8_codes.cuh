#pragma once
// E4M3 codes to BF16 in registers, exactly and without a table: the bits of a code are those of a BF16 that is 2^120
// too small, subnormal ones too.

#include <cuda_runtime.h>

namespace engine::backend::cuda {

/// Bytes 2i and 2i + 1 of `codes` in the upper bytes of two halves.
template <int pair>
__device__ inline unsigned spreadCodes(unsigned codes)
{
#ifdef __CUDACC__
    unsigned spread;
    asm("prmt.b32 %0, %1, 0, %2;" : "=r"(spread) : "r"(codes), "n"(pair == 0 ? 0x1404 : 0x3424));
    return spread;
#else
    const unsigned two = codes >> (16 * pair);
    return (two << 8 & 0xFF00U) | (two << 16 & 0xFF000000U);
#endif
}

/// Two BF16 times 2^120.
__device__ inline unsigned timesTwoTo120(unsigned pair)
{
#ifdef __CUDACC__
    unsigned product;
    asm("fma.rn.bf16x2 %0, %1, %2, %3;" : "=r"(product) : "r"(pair), "r"(0x7B807B80U), "r"(0x80008000U));
    return product;
#else
    const auto scaled = [](unsigned bits) {
        return __float_as_uint(std::ldexp(__uint_as_float(bits), 120)); // has no more bits than before
    };
    return scaled(pair << 16) >> 16 | (scaled(pair & 0xFFFF0000U) & 0xFFFF0000U);
#endif
}

/// Four codes as two pairs of BF16.
__device__ inline void codesToBf16(unsigned codes, unsigned (&pairs)[2])
{
    const unsigned first = spreadCodes<0>(codes);
    const unsigned second = spreadCodes<1>(codes);
    pairs[0] = timesTwoTo120((first & 0x80008000U) | (first >> 4 & 0x07F007F0U));
    pairs[1] = timesTwoTo120((second & 0x80008000U) | (second >> 4 & 0x07F007F0U));
}

} // namespace engine::backend::cuda
