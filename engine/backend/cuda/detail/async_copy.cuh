#pragma once
// Copies from global to shared memory that do not pass through registers (cp.async, sm_80 and later), 16 bytes a
// thread. A thread sees its own copies after asyncWait(), the others' after a barrier that follows their asyncWait().

#include <cstddef>
#include <cstdint>
#include <cuda_runtime.h>

namespace engine::backend::cuda {

/// Shared memory whose size the launch tells, starts on 128 bytes.
__device__ inline std::byte *dynamicShared()
{
#ifdef __CUDACC__
    extern __shared__ __align__(128) std::byte sharedMemory[];
    return sharedMemory;
#else
    return emulator::dynamicShared();
#endif
}

#ifdef __CUDACC__
__device__ inline unsigned sharedAddress(const void *at)
{
    return static_cast<unsigned>(__cvta_generic_to_shared(at));
}
#endif

/// Both addresses are multiples of 16. Without `present` nothing is read and zeros are written.
__device__ inline void asyncCopy16(void *toShared, const void *from, bool present)
{
#ifdef __CUDACC__
    const int bytes = present ? 16 : 0;
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(sharedAddress(toShared)), "l"(from), "r"(bytes)
                 : "memory");
#else
    emulator::asyncCopy16(toShared, from, present);
#endif
}

/// What this thread copied since its last commit is one group, which may be empty.
__device__ inline void asyncCommit()
{
#ifdef __CUDACC__
    asm volatile("cp.async.commit_group;" ::: "memory");
#else
    emulator::asyncCommit();
#endif
}

/// Waits until all but the latest `pending` groups of this thread are done.
template <int pending>
__device__ inline void asyncWait()
{
#ifdef __CUDACC__
    asm volatile("cp.async.wait_group %0;" ::"n"(pending) : "memory");
#else
    emulator::asyncWait(pending);
#endif
}

} // namespace engine::backend::cuda
