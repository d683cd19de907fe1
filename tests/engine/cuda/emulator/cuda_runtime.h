#pragma once
// What the kernels use of the CUDA runtime, on the host. See emulator.h.

#include "emulator.h"
#include "graph.h"
#include "hopper.h"
#include "lanes.h"
#include "mma_e4m3.h"
#include "votes.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <tuple>

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
void __stcs(T *at, T value)
{
    checkedLoad(at);
    *at = value;
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
    cudaErrorNotSupported = 801,
    cudaErrorStreamCaptureUnsupported = 900,
    cudaErrorStreamCaptureInvalidated = 901,
    cudaErrorLaunchFailure = 719
};
enum cudaMemcpyKind { cudaMemcpyHostToDevice, cudaMemcpyDeviceToHost, cudaMemcpyDeviceToDevice };
enum cudaDeviceAttr {
    cudaDevAttrMultiProcessorCount,
    cudaDevAttrMaxSharedMemoryPerBlockOptin,
    cudaDevAttrComputeCapabilityMajor,
    cudaDevAttrComputeCapabilityMinor
};
enum cudaFuncAttribute { cudaFuncAttributeMaxDynamicSharedMemorySize };
enum cudaStreamCaptureMode { cudaStreamCaptureModeThreadLocal };
enum cudaLaunchAttributeID { cudaLaunchAttributeProgrammaticStreamSerialization, cudaLaunchAttributeClusterDimension };
constexpr unsigned cudaHostAllocDefault = 0;
using cudaGraph_t = emulator::Graph *;
using cudaGraphExec_t = emulator::Graph *;
struct cudaLaunchAttribute {
    cudaLaunchAttributeID id;
    struct {
        int programmaticStreamSerializationAllowed;
        struct {
            unsigned x, y, z;
        } clusterDim;
    } val;
};
using cudaStream_t = int *;
constexpr unsigned cudaStreamNonBlocking = 1;

struct cudaLaunchConfig_t {
    dim3 gridDim;
    dim3 blockDim;
    std::size_t dynamicSmemBytes = 0;
    cudaStream_t stream = nullptr;
    cudaLaunchAttribute *attrs = nullptr;
    unsigned numAttrs = 0;
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
    case cudaErrorNotSupported:
        return "operation not supported";
    case cudaErrorStreamCaptureUnsupported:
        return "operation not permitted when stream is capturing";
    case cudaErrorStreamCaptureInvalidated:
        return "operation failed due to a previous error during capture";
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
    switch (attribute) {
    case cudaDevAttrMaxSharedMemoryPerBlockOptin:
        *value = static_cast<int>(emulator::sharedLimit);
        break;
    case cudaDevAttrComputeCapabilityMajor:
        *value = 9;
        break;
    case cudaDevAttrComputeCapabilityMinor:
        *value = 0;
        break;
    case cudaDevAttrMultiProcessorCount:
        *value = 3; // an odd number, so that nothing relies on a round one
        break;
    }
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
    if (emulator::capturing == nullptr)
        return cudaSuccess;
    emulator::captureIsInvalid = true;
    return cudaErrorStreamCaptureUnsupported;
}

using cudaEvent_t = std::chrono::steady_clock::time_point *;
inline cudaError_t cudaEventCreate(cudaEvent_t *event)
{
    *event = new std::chrono::steady_clock::time_point();
    return cudaSuccess;
}
enum : unsigned { cudaEventBlockingSync = 1, cudaEventDisableTiming = 2 };
inline cudaError_t cudaEventCreateWithFlags(cudaEvent_t *event, unsigned)
{
    return cudaEventCreate(event);
}
inline cudaError_t cudaEventSynchronize(cudaEvent_t)
{
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

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode);
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t *graph);
cudaError_t cudaGraphInstantiate(cudaGraphExec_t *runnable, cudaGraph_t graph, unsigned long long flags);
cudaError_t cudaGraphLaunch(cudaGraphExec_t runnable, cudaStream_t stream);
cudaError_t cudaGraphDestroy(cudaGraph_t graph);
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t runnable);
cudaError_t cudaMalloc(void **block, std::size_t bytes);
cudaError_t cudaFree(void *block);
inline cudaError_t cudaHostAlloc(void **block, std::size_t bytes, unsigned)
{
    *block = std::malloc(bytes);
    return *block == nullptr ? cudaErrorMemoryAllocation : cudaSuccess;
}
inline cudaError_t cudaFreeHost(void *block)
{
    std::free(block);
    return cudaSuccess;
}
cudaError_t cudaMemGetInfo(std::size_t *free, std::size_t *total);
inline cudaError_t cudaMemcpyAsync(void *to, const void *from, std::size_t bytes, cudaMemcpyKind, cudaStream_t)
{
    if (emulator::capturing != nullptr)
        emulator::capturing->nodes.emplace_back([=] { return std::memcpy(to, from, bytes) != nullptr; });
    else
        std::memcpy(to, from, bytes);
    return cudaSuccess;
}

/// Only says that it was called: the kernel before has always ended.
inline void cudaGridDependencySynchronize()
{
    ++emulator::waits;
}
inline void cudaTriggerProgrammaticLaunchCompletion() {}

/// Blocks of a cluster, along x.
inline unsigned clusterOf(const cudaLaunchConfig_t &config)
{
    for (unsigned i = 0; i < config.numAttrs; ++i) {
        if (config.attrs[i].id == cudaLaunchAttributeClusterDimension)
            return config.attrs[i].val.clusterDim.x;
    }
    return 1;
}

template <typename Kernel, typename Arguments>
bool runKernel(const cudaLaunchConfig_t &config, unsigned cluster, Kernel kernel, const Arguments &arguments)
{
    if (emulator::launchesUntilFailure >= 0 && emulator::launchesUntilFailure-- == 0)
        return false;
    const long long before = emulator::waits;
    emulator::run(
        config.gridDim, config.blockDim, config.dynamicSmemBytes, [&] { std::apply(kernel, arguments); }, cluster);
    const auto volume = [](const dim3 &shape) { return static_cast<long long>(shape.x) * shape.y * shape.z; };
    emulator::unwaited += emulator::waits - before == volume(config.gridDim) * volume(config.blockDim) ? 0 : 1;
    ++emulator::launches;
    return true;
}

template <typename... Parameters, typename... Arguments>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t *config, void (*kernel)(Parameters...),
                               Arguments &&...arguments)
{
    if (config->dynamicSmemBytes > emulator::allowedShared(reinterpret_cast<const void *>(kernel)))
        return cudaErrorInvalidValue;
    const unsigned cluster = clusterOf(*config);
    if (config->gridDim.x % cluster != 0)
        return cudaErrorInvalidValue;
    const std::tuple<Parameters...> copies(arguments...);
    if (emulator::capturing != nullptr) {
        emulator::capturing->nodes.emplace_back(
            [=, shape = *config] { return runKernel(shape, cluster, kernel, copies); });
        return cudaSuccess;
    }
    return runKernel(*config, cluster, kernel, copies) ? cudaSuccess : cudaErrorLaunchFailure;
}

#include "warp_reduce.h"
