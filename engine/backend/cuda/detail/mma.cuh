#pragma once
// One tensor-core step: D[16, 8] += A[16, 16] · B[16, 8] in BF16 or F16 with F32 sums (mma.sync.m16n8k16, PTX ISA
// 9.7.14).
// Of lane l, group g = l / 4 and place p = l % 4:
//   A: a[0] = rows g, columns 2p, 2p + 1; a[1] = row g + 8; a[2], a[3] = the same rows, columns + 8
//   B: b[0] = rows 2p, 2p + 1 of column g; b[1] = rows + 8
//   D: d[0], d[1] = row g, columns 2p, 2p + 1; d[2], d[3] = row g + 8
// Where the tests compile this for the host, the emulator makes the same sum from the lanes' registers.

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>

namespace engine::backend::cuda {

/// Two BF16 in one register, the first in the low half.
__device__ inline unsigned packBf16(float low, float high)
{
    return static_cast<unsigned>(__bfloat16_as_ushort(__float2bfloat16(low))) |
           static_cast<unsigned>(__bfloat16_as_ushort(__float2bfloat16(high))) << 16;
}

__device__ inline void mmaBf16(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2])
{
#ifdef __CUDACC__
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
                 "{%0, %1, %2, %3};"
                 : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
    emulator::mmaBf16(d, a, b);
#endif
}

/// The same with D = 0 before.
__device__ inline void mmaBf16First(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2])
{
#ifdef __CUDACC__
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
                 "{%10, %10, %10, %10};"
                 : "=f"(d[0]), "=f"(d[1]), "=f"(d[2]), "=f"(d[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]), "f"(0.0F));
#else
    d[0] = d[1] = d[2] = d[3] = 0.0F;
    emulator::mmaBf16(d, a, b);
#endif
}

/// Two F16 in one register, the first in the low half.
__device__ inline unsigned packF16(float low, float high)
{
    return static_cast<unsigned>(__half_as_ushort(__float2half_rn(low))) |
           static_cast<unsigned>(__half_as_ushort(__float2half_rn(high))) << 16;
}

/// D = A · B: the first of a sum, which then need not be set to zero.
__device__ inline void mmaF16First(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2])
{
#ifdef __CUDACC__
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
                 "{%10, %10, %10, %10};"
                 : "=f"(d[0]), "=f"(d[1]), "=f"(d[2]), "=f"(d[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]), "f"(0.0F));
#else
    for (float &number : d)
        number = 0.0F;
    emulator::mmaF16(d, a, b);
#endif
}

__device__ inline void mmaF16(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2])
{
#ifdef __CUDACC__
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
                 "{%0, %1, %2, %3};"
                 : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
    emulator::mmaF16(d, a, b);
#endif
}

} // namespace engine::backend::cuda
