// The plugin's list of devices.

#include "engine/backend/cuda/plugin.h"

#include <algorithm>
#include <cuda_runtime_api.h>
#include <iterator>
#include <string_view>

namespace {

constexpr int leastCapability = 80; ///< of CUDA_ARCHITECTURES in CMakeLists.txt

template <std::size_t size>
void copyText(char (&to)[size], std::string_view text)
{
    const std::size_t count = std::min(text.size(), size - 1);
    std::copy_n(text.begin(), count, to);
    to[count] = '\0';
}

BathyscopeCudaProblem problemOf(cudaError_t error, int driverVersion)
{
    switch (error) {
    case cudaSuccess:
        return bathyscope_cuda_fine;
    case cudaErrorNoDevice:
        return bathyscope_cuda_no_device;
    case cudaErrorInsufficientDriver:
        return driverVersion == 0 ? bathyscope_cuda_no_driver : bathyscope_cuda_old_driver;
    default:
        return bathyscope_cuda_failed;
    }
}

/// False when this device cannot be asked, for example because another program has it alone.
bool describe(int index, BathyscopeCudaDevice &device)
{
    cudaDeviceProp properties{};
    std::size_t free = 0;
    std::size_t total = 0;
    if (cudaGetDeviceProperties(&properties, index) != cudaSuccess || cudaSetDevice(index) != cudaSuccess ||
        cudaMemGetInfo(&free, &total) != cudaSuccess)
        return false;
    copyText(device.name, properties.name);
    device.major = properties.major;
    device.minor = properties.minor;
    device.multiprocessors = properties.multiProcessorCount;
    device.memoryTotal = total;
    device.memoryFree = free;
    return true;
}

} // namespace

int bathyscope_cuda_plugin_abi()
{
    return bathyscope_cuda_abi;
}

void bathyscope_cuda_query(BathyscopeCudaQuery *query)
{
    *query = {};
    query->runtimeVersion = CUDART_VERSION;
    query->leastCapability = leastCapability;
    if (cudaDriverGetVersion(&query->driverVersion) != cudaSuccess)
        query->driverVersion = 0;
    int found = 0;
    cudaError_t error = cudaGetDeviceCount(&found);
    const int limit = std::min(found, static_cast<int>(std::size(query->devices)));
    for (int index = 0; error == cudaSuccess && index < limit; ++index) {
        if (describe(index, query->devices[query->count]))
            ++query->count;
        else
            error = cudaGetLastError();
    }
    if (query->count > 0)
        return;
    if (error == cudaSuccess)
        error = cudaErrorNoDevice;
    query->problem = problemOf(error, query->driverVersion);
    copyText(query->detail, cudaGetErrorString(error));
}
