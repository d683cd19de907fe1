#include "graph.h"

#include "cuda_runtime.h"

namespace emulator {

Graph *capturing = nullptr;
bool captureIsInvalid = false;
bool captureFails = false;
long long graphLaunches = 0;
long long launches = 0;
long long waits = 0;
long long unwaited = 0;

} // namespace emulator

using namespace emulator;

cudaError_t cudaStreamBeginCapture(cudaStream_t, cudaStreamCaptureMode)
{
    if (capturing != nullptr)
        return cudaErrorStreamCaptureUnsupported;
    capturing = new Graph;
    captureIsInvalid = false;
    return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t, cudaGraph_t *graph)
{
    *graph = nullptr;
    if (capturing == nullptr)
        return cudaErrorInvalidValue;
    if (captureIsInvalid)
        delete capturing;
    else
        *graph = capturing;
    capturing = nullptr;
    return captureIsInvalid ? cudaErrorStreamCaptureInvalidated : cudaSuccess;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t *runnable, cudaGraph_t graph, unsigned long long)
{
    if (captureFails)
        return cudaErrorMemoryAllocation;
    *runnable = new Graph(*graph);
    return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t runnable, cudaStream_t)
{
    ++graphLaunches;
    for (const auto &node : runnable->nodes) {
        if (!node())
            return cudaErrorLaunchFailure;
    }
    return cudaSuccess;
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph)
{
    delete graph;
    return cudaSuccess;
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t runnable)
{
    delete runnable;
    return cudaSuccess;
}
