#pragma once
// The kernel before this one.

#include <cuda_runtime.h>

namespace engine::backend::cuda {

/// The first statement of every kernel, for every thread: what earlier kernels wrote can be read, what they read can be
/// written. Before it a kernel may have been started while they still run (programmatic dependent launch, see
/// launch.h). From here on the next kernel may be started in its turn; it waits until this one has ended.
__device__ inline void waitForEarlier()
{
#if !defined(__CUDACC__) || (defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900)
    cudaGridDependencySynchronize();
    cudaTriggerProgrammaticLaunchCompletion();
#endif
}

} // namespace engine::backend::cuda
