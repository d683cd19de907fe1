#pragma once
// What the kernels use of the CUDA runtime, on the host. See emulator.h.

#include "emulator.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __grid_constant__
#define __shared__ static
#define __launch_bounds__(...)

using dim3 = emulator::Dim3;

struct alignas(16) uint4 {
    unsigned x, y, z, w;
};
struct alignas(16) float4 {
    float x, y, z, w;
};
struct alignas(8) uint2 {
    unsigned x, y;
};
struct alignas(8) float2 {
    float x, y;
};

inline float __uint_as_float(unsigned bits)
{
    return std::bit_cast<float>(bits);
}
inline unsigned __float_as_uint(float value)
{
    return std::bit_cast<unsigned>(value);
}
inline float rsqrtf(float x)
{
    return 1.0F / std::sqrt(x);
}
using std::max;
using std::min;

/// Wide loads must be aligned on a GPU, so they must be here.
template <typename T>
T checkedLoad(const T *at)
{
    if (reinterpret_cast<std::uintptr_t>(at) % alignof(T) != 0)
        std::abort();
    return *at;
}
template <typename T>
T __ldcs(const T *at)
{
    return checkedLoad(at);
}
template <typename T>
T __ldg(const T *at)
{
    return checkedLoad(at);
}

/// Past the first level of cache, which other blocks do not write through.
template <typename T>
T __ldcg(const T *at)
{
    return checkedLoad(at);
}

inline void __threadfence() {}
/// Counts from 0 to `last` and starts again.
inline unsigned atomicInc(unsigned *at, unsigned last)
{
    const unsigned before = *at;
    *at = before >= last ? 0 : before + 1;
    return before;
}

inline void __syncthreads()
{
    emulator::syncBlock();
}
inline void __syncwarp(unsigned = 0xFFFFFFFFU)
{
    emulator::syncWarp();
}
template <typename T>
T __shfl_sync(unsigned, T value, int lane)
{
    T other;
    std::memcpy(&other, emulator::exchange(&value, sizeof value) + lane % 32 * 64, sizeof other);
    return other;
}
template <typename T>
T __shfl_xor_sync(unsigned mask, T value, int bits)
{
    return __shfl_sync(mask, value, static_cast<int>(threadIdx.x % 32) ^ bits);
}

/// Threads are run one at a time.
template <typename T>
T atomicAdd(T *at, T value)
{
    const T before = *at;
    *at = before + value;
    return before;
}

// --- the part of the runtime that is called by the host ---------------------------------------------------------

enum cudaError_t {
    cudaSuccess = 0,
    cudaErrorInvalidValue = 1,
    cudaErrorMemoryAllocation = 2,
    cudaErrorLaunchFailure = 719
};
enum cudaMemcpyKind { cudaMemcpyHostToDevice, cudaMemcpyDeviceToHost, cudaMemcpyDeviceToDevice };
enum cudaDeviceAttr { cudaDevAttrMultiProcessorCount, cudaDevAttrMaxSharedMemoryPerBlockOptin };
enum cudaFuncAttribute { cudaFuncAttributeMaxDynamicSharedMemorySize };
using cudaStream_t = int *;
constexpr unsigned cudaStreamNonBlocking = 1;

struct cudaLaunchConfig_t {
    dim3 gridDim;
    dim3 blockDim;
    std::size_t dynamicSmemBytes = 0;
    cudaStream_t stream = nullptr;
};

namespace emulator {
/// For tests of failures: counted down by every launch and allocation; at zero that one fails. Negative: never.
extern long long launchesUntilFailure;
extern std::size_t memoryLimit; ///< bytes that cudaMalloc gives in all
extern std::size_t memoryUsed;
extern std::size_t sharedLimit; ///< bytes of shared memory a block may have

/// What a kernel may have of it: 48 KiB until more was asked for.
std::size_t &allowedShared(const void *kernel);
} // namespace emulator

inline const char *cudaGetErrorString(cudaError_t error)
{
    switch (error) {
    case cudaSuccess:
        return "no error";
    case cudaErrorInvalidValue:
        return "invalid argument";
    case cudaErrorMemoryAllocation:
        return "out of memory";
    case cudaErrorLaunchFailure:
        return "unspecified launch failure";
    }
    return "unknown error";
}
inline cudaError_t cudaGetLastError()
{
    return cudaSuccess;
}
inline cudaError_t cudaSetDevice(int)
{
    return cudaSuccess;
}
inline cudaError_t cudaDeviceGetAttribute(int *value, cudaDeviceAttr attribute, int)
{
    *value = attribute == cudaDevAttrMaxSharedMemoryPerBlockOptin
                 ? static_cast<int>(emulator::sharedLimit)
                 : 3; // multiprocessors: an odd number, so that nothing relies on a round one
    return cudaSuccess;
}
template <typename Function>
cudaError_t cudaFuncSetAttribute(Function *kernel, cudaFuncAttribute, int bytes)
{
    if (static_cast<std::size_t>(bytes) > emulator::sharedLimit)
        return cudaErrorInvalidValue;
    emulator::allowedShared(reinterpret_cast<const void *>(kernel)) = static_cast<std::size_t>(bytes);
    return cudaSuccess;
}
inline cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned)
{
    *stream = new int(0);
    return cudaSuccess;
}
inline cudaError_t cudaStreamDestroy(cudaStream_t stream)
{
    delete stream;
    return cudaSuccess;
}
inline cudaError_t cudaStreamSynchronize(cudaStream_t)
{
    return cudaSuccess;
}

using cudaEvent_t = std::chrono::steady_clock::time_point *;
inline cudaError_t cudaEventCreate(cudaEvent_t *event)
{
    *event = new std::chrono::steady_clock::time_point();
    return cudaSuccess;
}
inline cudaError_t cudaEventDestroy(cudaEvent_t event)
{
    delete event;
    return cudaSuccess;
}
inline cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t)
{
    *event = std::chrono::steady_clock::now();
    return cudaSuccess;
}
inline cudaError_t cudaEventElapsedTime(float *milliseconds, cudaEvent_t first, cudaEvent_t second)
{
    *milliseconds = std::chrono::duration<float, std::milli>(*second - *first).count();
    return cudaSuccess;
}

cudaError_t cudaMalloc(void **block, std::size_t bytes);
cudaError_t cudaFree(void *block);
cudaError_t cudaMemGetInfo(std::size_t *free, std::size_t *total);
inline cudaError_t cudaMemcpyAsync(void *to, const void *from, std::size_t bytes, cudaMemcpyKind, cudaStream_t)
{
    std::memcpy(to, from, bytes);
    return cudaSuccess;
}

template <typename... Parameters, typename... Arguments>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t *config, void (*kernel)(Parameters...),
                               Arguments &&...arguments)
{
    if (emulator::launchesUntilFailure >= 0 && emulator::launchesUntilFailure-- == 0)
        return cudaErrorLaunchFailure;
    if (config->dynamicSmemBytes > emulator::allowedShared(reinterpret_cast<const void *>(kernel)))
        return cudaErrorInvalidValue;
    emulator::run(config->gridDim, config->blockDim, config->dynamicSmemBytes, [&] { kernel(arguments...); });
    return cudaSuccess;
}
