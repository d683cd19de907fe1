#pragma once
// Boxes of a matrix from global to shared memory by the copy engine of compute capability 9.0 (cp.async.bulk.tensor,
// PTX ISA 9.7.9.27): one thread asks, the bytes are counted by an mbarrier. Outside of the matrix there are zeros,
// which count as well.

#include "engine/backend/cuda/detail/mbarrier.cuh"

#include <cuda.h>

namespace engine::backend::cuda {

/// Before the first use of a map that lies in global memory and was copied there from the host.
__device__ inline void acquireTensorMap(const CUtensorMap *map)
{
#ifdef __CUDACC__
    asm volatile("fence.proxy.tensormap::generic.acquire.sys [%0], 128;" ::"l"(map) : "memory");
#else
    emulator::acquireTensorMap(map);
#endif
}

/// The box whose first element is (row, col). `to` on 128 bytes, with a swizzle of 128 bytes on 1024.
__device__ inline void copyBox(const CUtensorMap *map, int row, int col, unsigned to, unsigned barrier)
{
#ifdef __CUDACC__
    asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes "
                 "[%0], [%1, {%2, %3}], [%4];" ::"r"(to),
                 "l"(map), "r"(col), "r"(row), "r"(barrier)
                 : "memory");
#else
    emulator::copyBox(map, row, col, to, barrier);
#endif
}

/// To the same place in every block of the cluster whose bit is set in `blocks`; the bytes count at the barrier of the
/// same place there.
__device__ inline void copyBoxToAll(const CUtensorMap *map, int row, int col, unsigned to, unsigned barrier,
                                    std::uint16_t blocks)
{
#ifdef __CUDACC__
    asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes"
                 ".multicast::cluster [%0], [%1, {%2, %3}], [%4], %5;" ::"r"(to),
                 "l"(map), "r"(col), "r"(row), "r"(barrier), "h"(blocks)
                 : "memory");
#else
    emulator::copyBoxToAll(map, row, col, to, barrier, blocks);
#endif
}

} // namespace engine::backend::cuda
