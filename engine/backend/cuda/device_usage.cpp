// The plugin's way to what a device is doing.

#include "engine/backend/cuda/detail/management.h"

#include <cuda_runtime_api.h>

bool bathyscope_cuda_usage(int device, BathyscopeCudaUsage *usage)
{
    static const engine::backend::cuda::Management management;
    char busId[32] = {};
    if (cudaDeviceGetPCIBusId(busId, static_cast<int>(sizeof busId), device) != cudaSuccess)
        return false;
    return management.usage(busId, *usage);
}
