#pragma once
// Tensor cores of compute capability 9.0a, for the 128 threads of a warpgroup together (wgmma, PTX ISA 9.7.15):
// D[64, 128] = or += A[64, 32] · B[128, 32] transposed, A and B in E4M3 and in shared memory, D in F32 in registers.
// Of warp w, lane l: d[4 j + i] is row 16 w + l / 4 + i / 2 · 8, column 8 j + l % 4 · 2 + i % 2.
//
// The product runs while the threads go on: its registers are out of bounds until it has been waited for.

#include "engine/backend/cuda/detail/mbarrier.cuh"

namespace engine::backend::cuda {

constexpr int wgmmaRows = 64;
constexpr int wgmmaColumns = 128;
constexpr int wgmmaDepth = 32;

/// Where an operand lies: rows of 128 bytes, swizzled as copies with a swizzle of 128 bytes leave them, 8 rows in 1024
/// bytes that start on 1024. `address` plus k advances along the row (ISA 9.7.15.5.1.2.2).
__device__ inline std::uint64_t swizzledOperand(unsigned address)
{
    constexpr std::uint64_t groupBytes = 1024; // from 8 rows to the next 8
    constexpr std::uint64_t swizzle128 = 1;
    return (address & 0x3FFFFU) >> 4 | std::uint64_t{1} << 16 | groupBytes >> 4 << 32 | swizzle128 << 62;
}

/// Before the first product after the registers were used otherwise.
__device__ inline void fenceProducts()
{
#ifdef __CUDACC__
    asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
#else
    emulator::fenceProducts();
#endif
}

/// D = A · B without `accumulate`, else D += A · B.
__device__ inline void multiplyE4m3(float (&d)[64], std::uint64_t a, std::uint64_t b, bool accumulate)
{
#ifdef __CUDACC__
    asm volatile("{\n.reg .pred accumulate;\n"
                 "setp.ne.b32 accumulate, %66, 0;\n"
                 "wgmma.mma_async.sync.aligned.m64n128k32.f32.e4m3.e4m3 {"
                 "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "
                 "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, "
                 "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, "
                 "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63"
                 "}, %64, %65, accumulate, 1, 1;\n}"
                 : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]), "+f"(d[4]), "+f"(d[5]), "+f"(d[6]), "+f"(d[7]),
                   "+f"(d[8]), "+f"(d[9]), "+f"(d[10]), "+f"(d[11]), "+f"(d[12]), "+f"(d[13]), "+f"(d[14]), "+f"(d[15]),
                   "+f"(d[16]), "+f"(d[17]), "+f"(d[18]), "+f"(d[19]), "+f"(d[20]), "+f"(d[21]), "+f"(d[22]),
                   "+f"(d[23]), "+f"(d[24]), "+f"(d[25]), "+f"(d[26]), "+f"(d[27]), "+f"(d[28]), "+f"(d[29]),
                   "+f"(d[30]), "+f"(d[31]), "+f"(d[32]), "+f"(d[33]), "+f"(d[34]), "+f"(d[35]), "+f"(d[36]),
                   "+f"(d[37]), "+f"(d[38]), "+f"(d[39]), "+f"(d[40]), "+f"(d[41]), "+f"(d[42]), "+f"(d[43]),
                   "+f"(d[44]), "+f"(d[45]), "+f"(d[46]), "+f"(d[47]), "+f"(d[48]), "+f"(d[49]), "+f"(d[50]),
                   "+f"(d[51]), "+f"(d[52]), "+f"(d[53]), "+f"(d[54]), "+f"(d[55]), "+f"(d[56]), "+f"(d[57]),
                   "+f"(d[58]), "+f"(d[59]), "+f"(d[60]), "+f"(d[61]), "+f"(d[62]), "+f"(d[63])
                 : "l"(a), "l"(b), "r"(accumulate ? 1 : 0));
#else
    emulator::multiplyE4m3(d, a, b, accumulate);
#endif
}

/// The products since the last commit are one group.
__device__ inline void commitProducts()
{
#ifdef __CUDACC__
    asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
#else
    emulator::commitProducts();
#endif
}

/// Waits until all but the latest `pending` groups of this warp are done.
template <int pending>
__device__ inline void waitForProducts()
{
#ifdef __CUDACC__
    asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(pending) : "memory");
#else
    emulator::waitForProducts(pending);
#endif
}

/// Keeps the compiler from moving uses of the registers to before a wait.
__device__ inline void holdRegisters([[maybe_unused]] float (&d)[64])
{
#ifdef __CUDACC__
#pragma unroll
    for (float &value : d)
        asm volatile("" : "+f"(value)::"memory");
#endif
}

// Registers of a thread, for the whole warpgroup: some give what others take.
template <int count>
__device__ inline void giveRegisters()
{
#ifdef __CUDACC__
    asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(count));
#endif
}
template <int count>
__device__ inline void takeRegisters()
{
#ifdef __CUDACC__
    asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(count));
#endif
}

} // namespace engine::backend::cuda
