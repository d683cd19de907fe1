#include "engine/backend/cuda/detail/device_memory.h"

#include "engine/error.h"

#include <string>

namespace engine::backend::cuda {

memory::Buffer DeviceMemory::allocate(std::size_t bytes)
{
    if (bytes == 0)
        return {};
    void *block = nullptr;
    const cudaError_t error = cudaMalloc(&block, bytes);
    if (error == cudaErrorMemoryAllocation) {
        cudaGetLastError(); // it is told here, not again by the next call
        std::size_t free = 0;
        std::size_t total = 0;
        cudaMemGetInfo(&free, &total);
        throw Error(ErrorCode::OutOfMemory, {}, {},
                    "The GPU has no memory for another " + std::to_string(bytes) + " bytes; " + std::to_string(free) +
                        " of its " + std::to_string(total) +
                        " bytes are free. Close programs that use the GPU, choose "
                        "a smaller context or use the CPU.");
    }
    if (error != cudaSuccess)
        throw Error(ErrorCode::DeviceFailed, {}, {},
                    std::string("The GPU gave no memory: ") + cudaGetErrorString(error) +
                        ". Restart the program, or use the CPU.");
    const auto release = [](void *, std::byte *memory) { cudaFree(memory); };
    return {static_cast<std::byte *>(block), bytes, {release, nullptr}};
}

memory::Buffer DeviceMemory::allocateStaging(std::size_t bytes)
{
    if (bytes == 0)
        return {};
    void *block = nullptr;
    if (cudaHostAlloc(&block, bytes, cudaHostAllocDefault) != cudaSuccess) {
        cudaGetLastError();
        return memory::Buffer(bytes); // does as well, with a detour
    }
    const auto release = [](void *, std::byte *memory) { cudaFreeHost(memory); };
    return {static_cast<std::byte *>(block), bytes, {release, nullptr}};
}

void DeviceMemory::enqueue(void *to, const void *from, std::size_t bytes, cudaMemcpyKind kind)
{
    if (bytes == 0)
        return;
    m_queue.afterKernel = false;
    m_queue.note(cudaMemcpyAsync(to, from, bytes, kind, m_queue.stream));
}

void DeviceMemory::upload(void *to, const void *fromHost, std::size_t bytes)
{
    enqueue(to, fromHost, bytes, cudaMemcpyHostToDevice);
}

void DeviceMemory::download(void *toHost, const void *from, std::size_t bytes)
{
    enqueue(toHost, from, bytes, cudaMemcpyDeviceToHost);
}

void DeviceMemory::copy(void *to, const void *from, std::size_t bytes)
{
    enqueue(to, from, bytes, cudaMemcpyDeviceToDevice);
}

} // namespace engine::backend::cuda
