#include "engine/backend/cuda/detail/route.h"

#include "engine/backend/cuda/detail/earlier.cuh"
#include "engine/backend/cuda/detail/linear.h"
#include "engine/backend/cuda/detail/warp.cuh"
#include "engine/backend/cuda/detail/weights.cuh"

#include <cfloat>

namespace engine::backend::cuda {

namespace {

constexpr float excluded = -FLT_MAX;

struct RouteCall {
    const float *logits = nullptr; ///< [tokens, experts]
    VectorView bias;
    std::uint16_t *ids = nullptr;
    float *weights = nullptr;
    std::size_t outStride = 0;
    int experts = 0;
    int groups = 1;
    int keptGroups = 1;
    int topK = 0;
    bool softmax = false;
    bool largestOfGroup = false;
    bool normalise = false;
    float scale = 1.0F;
};

struct RouteMemory {
    float affinities[maxExperts];
    float scores[maxExperts];
    float groupScores[maxExperts];
};

__device__ inline void makeAffinities(const RouteCall &call, const float *logits, int lane, RouteMemory &memory)
{
    float top = excluded;
    for (int e = lane; e < call.experts; e += warpSize32)
        top = fmaxf(top, logits[e]);
    top = warpMax(top);
    float sum = 0.0F;
    for (int e = lane; e < call.experts; e += warpSize32) {
        const float value = call.softmax ? expf(logits[e] - top) : 1.0F / (1.0F + expf(-logits[e]));
        memory.affinities[e] = value;
        sum += value;
    }
    const float divisor = call.softmax ? warpSum(sum) : 1.0F;
    for (int e = lane; e < call.experts; e += warpSize32) {
        memory.affinities[e] /= divisor;
        memory.scores[e] = memory.affinities[e] + (call.bias.data == nullptr ? 0.0F : call.bias.at(e));
    }
    __syncwarp();
}

__device__ inline float groupScore(const RouteCall &call, const float *scores, int size)
{
    float first = excluded;
    float second = excluded;
    for (int i = 0; i < size; ++i) {
        if (scores[i] > first) {
            second = first;
            first = scores[i];
        } else if (scores[i] > second) {
            second = scores[i];
        }
    }
    return call.largestOfGroup ? first : first + second;
}

/// Excludes the experts of all groups but the keptGroups best; of equal groups the first.
__device__ inline void maskGroups(const RouteCall &call, int lane, RouteMemory &memory)
{
    if (call.keptGroups == call.groups)
        return;
    const int size = call.experts / call.groups;
    for (int g = lane; g < call.groups; g += warpSize32)
        memory.groupScores[g] = groupScore(call, memory.scores + g * size, size);
    __syncwarp();
    for (int g = lane; g < call.groups; g += warpSize32) {
        int rank = 0;
        for (int other = 0; other < call.groups; ++other) {
            const float score = memory.groupScores[other];
            rank += score > memory.groupScores[g] || (score == memory.groupScores[g] && other < g) ? 1 : 0;
        }
        for (int i = 0; rank >= call.keptGroups && i < size; ++i)
            memory.scores[g * size + i] = excluded;
    }
    __syncwarp();
}

/// Index of the largest score, the first of equals, in every lane.
__device__ inline int largest(const RouteCall &call, int lane, const RouteMemory &memory)
{
    float value = excluded;
    int index = call.experts;
    for (int e = lane; e < call.experts; e += warpSize32) {
        if (memory.scores[e] > value) {
            value = memory.scores[e];
            index = e;
        }
    }
    for (int offset = warpSize32 / 2; offset > 0; offset /= 2) {
        const float otherValue = __shfl_xor_sync(wholeWarp, value, offset);
        const int otherIndex = __shfl_xor_sync(wholeWarp, index, offset);
        if (otherValue > value || (otherValue == value && otherIndex < index)) {
            value = otherValue;
            index = otherIndex;
        }
    }
    return min(index, call.experts - 1);
}

/// One warp a token.
__global__ void routeKernel(RouteCall call)
{
    waitForEarlier();
    __shared__ RouteMemory memory;
    const int token = static_cast<int>(blockIdx.x);
    const int lane = static_cast<int>(threadIdx.x);
    makeAffinities(call, call.logits + static_cast<std::size_t>(token) * static_cast<std::size_t>(call.experts), lane,
                   memory);
    maskGroups(call, lane, memory);
    const std::size_t first = static_cast<std::size_t>(token) * call.outStride;
    float sum = 0.0F;
    for (int rank = 0; rank < call.topK; ++rank) {
        const int expert = largest(call, lane, memory);
        sum += memory.affinities[expert];
        __syncwarp();
        if (lane == 0) {
            call.ids[first + static_cast<std::size_t>(rank)] = static_cast<std::uint16_t>(expert);
            memory.scores[expert] = excluded;
        }
        __syncwarp();
    }
    const float divisor = call.normalise ? sum + 1e-20F : 1.0F;
    for (int rank = lane; rank < call.topK; rank += warpSize32) {
        const std::size_t at = first + static_cast<std::size_t>(rank);
        call.weights[at] = memory.affinities[call.ids[at]] / divisor * call.scale;
    }
}

} // namespace

void route(Queue &queue, const RouteArgs &args, float *affinities)
{
    const int experts = args.gate.rows;
    if (experts > maxExperts) {
        queue.note(cudaErrorInvalidValue);
        return;
    }
    exactLinear(queue, args.x, args.gate, {affinities, args.x.rows, experts, static_cast<std::size_t>(experts)}, false);
    RouteCall call;
    call.logits = affinities;
    call.bias = viewOf(args.bias);
    call.ids = args.ids;
    call.weights = args.weights;
    call.outStride = args.outStride;
    call.experts = experts;
    call.groups = args.groups;
    call.keptGroups = args.keptGroups;
    call.topK = args.topK;
    call.softmax = args.affinity == Affinity::Softmax;
    call.largestOfGroup = args.groupScore == GroupScore::Largest;
    call.normalise = args.normalise;
    call.scale = args.scale;
    launch(queue, routeKernel, dim3(static_cast<unsigned>(args.x.rows)), dim3(warpSize32), call);
}

} // namespace engine::backend::cuda
