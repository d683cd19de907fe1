#pragma once
// Kernels are started through this one function, never with <<<>>>: it is plain C++, so that the same files can be
// compiled for the host by the tests, and it keeps the first error instead of throwing, as ops must not.

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <cuda_runtime.h>

namespace engine::backend::cuda {

/// The stream ops are enqueued on, and the first thing that went wrong there.
struct Queue {
    cudaStream_t stream = nullptr;
    cudaError_t error = cudaSuccess;
    /// Kernels may be started while the one before still runs (programmatic dependent launch): they wait for it
    /// themselves, see earlier.cuh. From compute capability 9.0.
    bool overlaps = false;
    bool afterKernel = false; ///< what was enqueued last is a kernel

    void note(cudaError_t result)
    {
        if (error == cudaSuccess)
            error = result;
    }
};

/// `cluster` neighbouring blocks run at the same time and reach each other's shared memory (compute capability 9.0);
/// grid.x is a multiple of it. `sharedBytes`: of dynamic shared memory, at most what the device lets a block have.
template <typename... Parameters, typename... Arguments>
void launchClusters(Queue &queue, void (*kernel)(Parameters...), dim3 grid, dim3 block, unsigned cluster,
                    std::size_t sharedBytes, const Arguments &...arguments)
{
    if (queue.error != cudaSuccess || grid.x == 0 || grid.y == 0 || grid.z == 0)
        return;
    constexpr std::size_t withoutAsking = std::size_t{48} * 1024;
    if (sharedBytes > withoutAsking)
        queue.note(
            cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(sharedBytes)));
    cudaLaunchAttribute attributes[2]{};
    unsigned count = 0;
    if (queue.overlaps && queue.afterKernel) {
        attributes[count].id = cudaLaunchAttributeProgrammaticStreamSerialization;
        attributes[count++].val.programmaticStreamSerializationAllowed = 1;
    }
    if (cluster > 1) {
        attributes[count].id = cudaLaunchAttributeClusterDimension;
        attributes[count].val.clusterDim.x = cluster;
        attributes[count].val.clusterDim.y = 1;
        attributes[count++].val.clusterDim.z = 1;
    }
    cudaLaunchConfig_t config{};
    config.gridDim = grid;
    config.blockDim = block;
    config.dynamicSmemBytes = sharedBytes;
    config.stream = queue.stream;
    config.attrs = attributes;
    config.numAttrs = count;
    queue.afterKernel = true;
    queue.note(cudaLaunchKernelEx(&config, kernel, static_cast<Parameters>(arguments)...));
}

template <typename... Parameters, typename... Arguments>
void launchShared(Queue &queue, void (*kernel)(Parameters...), dim3 grid, dim3 block, std::size_t sharedBytes,
                  const Arguments &...arguments)
{
    launchClusters(queue, kernel, grid, block, 1, sharedBytes, arguments...);
}

template <typename... Parameters, typename... Arguments>
void launch(Queue &queue, void (*kernel)(Parameters...), dim3 grid, dim3 block, const Arguments &...arguments)
{
    launchShared(queue, kernel, grid, block, 0, arguments...);
}

/// Whether the environment variable is 0: for comparing, and for a driver that does badly.
inline bool isSwitchedOff(const char *variable)
{
    const char *value = std::getenv(variable);
    return value != nullptr && std::strcmp(value, "0") == 0;
}

/// Blocks of `size` that cover `count`.
inline unsigned blocksFor(long long count, int size)
{
    return static_cast<unsigned>((count + size - 1) / size);
}

} // namespace engine::backend::cuda
