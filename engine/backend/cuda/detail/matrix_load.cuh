#pragma once
// ldmatrix: four 8 x 8 matrices of 16-bit numbers from shared memory into the fragments of mma.cuh. Lane l gives the
// address of row l % 8 of matrix l / 8, a multiple of 16; register i gets of matrix i
//   loadMatrices():           row l / 4, columns 2p and 2p + 1 (p = l % 4)
//   loadMatricesTransposed(): column l / 4, rows 2p and 2p + 1

#include "engine/backend/cuda/detail/async_copy.cuh"

#include <cuda_runtime.h>

namespace engine::backend::cuda {

__device__ inline void loadMatrices(unsigned (&to)[4], const std::byte *row)
{
#ifdef __CUDACC__
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
                 : "r"(sharedAddress(row))
                 : "memory");
#else
    emulator::loadMatrices(to, row, false);
#endif
}

__device__ inline void loadMatricesTransposed(unsigned (&to)[4], const std::byte *row)
{
#ifdef __CUDACC__
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
                 : "r"(sharedAddress(row))
                 : "memory");
#else
    emulator::loadMatrices(to, row, true);
#endif
}

/// Where chunk `chunk` of 16 bytes of a row lies in shared memory: the eight chunks of 128 bytes are exchanged so that
/// the same chunk of eight rows lies in different banks. Rows are multiples of 128 bytes.
__device__ constexpr int swizzled(int row, int chunk)
{
    return (chunk ^ (row & 7)) * 16;
}

} // namespace engine::backend::cuda
