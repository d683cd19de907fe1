#pragma once
// One tensor-core step on codes as they lie in memory: D[16, 8] += A[16, 32] · B[32, 8] in E4M3 with F32 sums
// (mma.sync.m16n8k32, PTX ISA 9.7.14). Of lane l, group g = l / 4 and place p = l % 4:
//   A: a[0] = row g, columns 4p … 4p + 3; a[1] = row g + 8; a[2], a[3] = the same rows, columns + 16
//   B: b[0] = rows 4p … 4p + 3 of column g; b[1] = rows + 16
//   D: as of mmaBf16()
// Only compute capability 8.9 has that step. For 9.0 the compiler would make conversions to F16, two steps and
// additions of it; so there, and before 8.9, the codes become F16 here, which is exact, and the tensor cores keep all
// of the sum. What 8.9 keeps is about 14 bits (DeepSeek-V3 report §3.3.2 of such tensor cores), so a sum must not grow
// beyond 128 columns.

#include "engine/backend/cuda/detail/mma.cuh"

namespace engine::backend::cuda {

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 890
/// Four codes as F16.
__device__ inline void e4m3AsF16(unsigned codes, unsigned &low, unsigned &high)
{
    asm("{\n.reg .b16 l, h;\nmov.b32 {l, h}, %2;\ncvt.rn.f16x2.e4m3x2 %0, l;\ncvt.rn.f16x2.e4m3x2 %1, h;\n}"
        : "=r"(low), "=r"(high)
        : "r"(codes));
}
__device__ inline float unitOfF16Sums()
{
    return 1.0F;
}
#else
/// Four codes as F16 that are 2^-8 of their value: the exponent of F16 is 8 larger for the same bits. NaN becomes 480.
__device__ inline void e4m3AsF16(unsigned codes, unsigned &low, unsigned &high)
{
    const unsigned first = (codes << 8 & 0x0000FF00U) | (codes << 16 & 0xFF000000U);
    const unsigned second = (codes >> 8 & 0x0000FF00U) | (codes & 0xFF000000U);
    low = (first & 0x80008000U) | (first >> 1 & 0x3F803F80U);
    high = (second & 0x80008000U) | (second >> 1 & 0x3F803F80U);
}
__device__ inline float unitOfF16Sums()
{
    return 65536.0F;
}
#endif

/// The same step in two of m16n8k16: which column stands where does not matter, as A and B are read alike. The sums are
/// to be multiplied by unitOfF16Sums().
__device__ inline void mmaE4m3AsF16(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2])
{
#pragma unroll
    for (int half = 0; half < 2; ++half) {
        unsigned left[4];
        unsigned right[2];
        e4m3AsF16(a[2 * half], left[0], left[2]);
        e4m3AsF16(a[2 * half + 1], left[1], left[3]);
        e4m3AsF16(b[half], right[0], right[1]);
        mmaF16(d, left, right);
    }
}

__device__ inline void mmaE4m3(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2])
{
#if !defined(__CUDACC__)
    emulator::mmaE4m3(d, a, b);
#elif defined(__CUDA_ARCH__) && __CUDA_ARCH__ == 890
    asm volatile("mma.sync.aligned.m16n8k32.row.col.f32.e4m3.e4m3.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
                 "{%0, %1, %2, %3};"
                 : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
    mmaE4m3AsF16(d, a, b);
#endif
}

/// What the sums of mmaE4m3() are to be multiplied by.
__device__ inline float unitOfE4m3Sums()
{
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ == 890
    return 1.0F;
#else
    return unitOfF16Sums();
#endif
}

} // namespace engine::backend::cuda
