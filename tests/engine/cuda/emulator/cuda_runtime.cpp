#include "cuda_runtime.h"

#include <map>

namespace emulator {

long long launchesUntilFailure = -1;
std::size_t memoryLimit = std::size_t{1} << 34;
std::size_t memoryUsed = 0;
std::size_t sharedLimit = 227 * 1024;

namespace {
std::map<void *, std::size_t> blocks;
}

std::size_t &allowedShared(const void *kernel)
{
    static std::map<const void *, std::size_t> allowed;
    return allowed.try_emplace(kernel, 48 * 1024).first->second;
}

bool isDeviceMemory(const void *at)
{
    const auto *byte = static_cast<const std::byte *>(at);
    return std::any_of(blocks.begin(), blocks.end(), [&](const auto &block) {
        const auto *first = static_cast<const std::byte *>(block.first);
        return byte >= first && byte < first + block.second;
    });
}

} // namespace emulator

using namespace emulator;

cudaError_t cudaMalloc(void **block, std::size_t bytes)
{
    if (capturing != nullptr) {
        captureIsInvalid = true;
        return cudaErrorStreamCaptureUnsupported;
    }
    if (bytes > memoryLimit - memoryUsed)
        return cudaErrorMemoryAllocation;
    constexpr std::size_t alignment = 256;
    *block = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
    if (*block == nullptr)
        return cudaErrorMemoryAllocation;
    std::memset(*block, 0xA5, bytes); // what nobody has written shows
    blocks[*block] = bytes;
    memoryUsed += bytes;
    return cudaSuccess;
}

cudaError_t cudaFree(void *block)
{
    const auto found = blocks.find(block);
    if (found == blocks.end())
        return cudaErrorInvalidValue;
    memoryUsed -= found->second;
    blocks.erase(found);
    std::free(block);
    return cudaSuccess;
}

cudaError_t cudaMemGetInfo(std::size_t *free, std::size_t *total)
{
    *free = memoryLimit - memoryUsed;
    *total = memoryLimit;
    return cudaSuccess;
}
