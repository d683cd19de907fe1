#pragma once
// Barriers between some of the threads of a block, and between the two blocks of a pair (a cluster of 2), of compute
// capability 9.0: mbarriers, which also count the bytes that asynchronous copies bring (PTX ISA 9.7.13.15), named
// barriers (9.7.13.1) and those of a cluster (9.7.13.4). Addresses are those of the shared window, 32 bits.

#include "engine/backend/cuda/detail/async_copy.cuh"

namespace engine::backend::cuda {

#ifndef __CUDACC__
__device__ inline unsigned sharedAddress(const void *at)
{
    return emulator::sharedAddress(at);
}
#endif

/// `arrivals` end a phase, if all announced bytes have come.
__device__ inline void initBarrier(unsigned barrier, unsigned arrivals)
{
#ifdef __CUDACC__
    asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(barrier), "r"(arrivals) : "memory");
#else
    emulator::initBarrier(barrier, arrivals);
#endif
}

/// After initBarrier(), before a __syncthreads() or syncCluster(): the copies see the barriers too.
__device__ inline void fenceBarrierInit()
{
#ifdef __CUDACC__
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
    asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
#endif
}

/// Arrives and announces bytes of the same phase.
__device__ inline void arriveExpecting(unsigned barrier, unsigned bytes)
{
#ifdef __CUDACC__
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(barrier), "r"(bytes) : "memory");
#else
    emulator::arriveExpecting(barrier, bytes);
#endif
}

__device__ inline void arrive(unsigned barrier)
{
#ifdef __CUDACC__
    asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(barrier) : "memory");
#else
    emulator::arrive(barrier);
#endif
}

/// Of the block `rank` of this cluster the barrier that lies where `barrier` lies in this one. For reads that have
/// ended: a release for the whole cluster would cost a MEMBAR.GPU.
__device__ inline void arriveAt(unsigned barrier, unsigned rank)
{
#ifdef __CUDACC__
    asm volatile("{\n.reg .b32 remote;\n"
                 "mapa.shared::cluster.u32 remote, %0, %1;\n"
                 "mbarrier.arrive.shared::cluster.b64 _, [remote];\n}" ::"r"(barrier),
                 "r"(rank)
                 : "memory");
#else
    emulator::arriveAt(barrier, rank);
#endif
}

/// Until the phase of this parity has ended. Phases are counted from 0; of a new barrier the one before has.
__device__ inline void waitForPhase(unsigned barrier, unsigned parity)
{
#ifdef __CUDACC__
    unsigned ended = 0;
    while (ended == 0) {
        asm volatile("{\n.reg .pred ended;\n"
                     "mbarrier.try_wait.parity.shared::cta.b64 ended, [%1], %2;\n"
                     "selp.u32 %0, 1, 0, ended;\n}"
                     : "=r"(ended)
                     : "r"(barrier), "r"(parity)
                     : "memory");
    }
#else
    emulator::waitForPhase(barrier, parity);
#endif
}

/// Barriers 1 to 15 for whole warps, `threads` in all, of which those that only tell do not wait.
__device__ inline void waitAtNamed(int barrier, int threads)
{
#ifdef __CUDACC__
    asm volatile("bar.sync %0, %1;" ::"r"(barrier), "r"(threads) : "memory");
#else
    emulator::waitAtNamed(barrier, threads);
#endif
}

__device__ inline void tellNamed(int barrier, int threads)
{
#ifdef __CUDACC__
    asm volatile("bar.arrive %0, %1;" ::"r"(barrier), "r"(threads) : "memory");
#else
    emulator::tellNamed(barrier, threads);
#endif
}

/// All threads of all blocks of the cluster.
__device__ inline void syncCluster()
{
#ifdef __CUDACC__
    asm volatile("barrier.cluster.arrive.aligned;" ::: "memory");
    asm volatile("barrier.cluster.wait.aligned;" ::: "memory");
#else
    emulator::syncCluster();
#endif
}

} // namespace engine::backend::cuda
