#pragma once
// The kernel before this one.

#include <cuda_runtime.h>

namespace engine::backend::cuda {

/// The first statement of every kernel: what earlier kernels wrote can be read, what they read can be written. Before
/// it a kernel may have been started while they still run (programmatic dependent launch, see launch.h).
__device__ inline void waitForEarlier() {}

} // namespace engine::backend::cuda
