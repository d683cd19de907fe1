// sample(), first half: the vocabulary in slices, a block for each.

#include "engine/backend/cuda/detail/earlier.cuh"
#include "engine/backend/cuda/detail/launch.h"
#include "engine/backend/cuda/detail/sample.cuh"

#include <climits>

namespace engine::backend::cuda {

namespace {

constexpr int perThread = sliceTokens / sliceThreads;

/// The id of this thread's i-th token.
__device__ inline int idOf(int i)
{
    return static_cast<int>(blockIdx.x) * sliceTokens + i * sliceThreads + static_cast<int>(threadIdx.x);
}

__device__ inline void clearBins(const SampleCall &call)
{
    for (int bin = static_cast<int>(blockIdx.x) * sliceThreads + static_cast<int>(threadIdx.x); bin < distanceBins;
         bin += static_cast<int>(gridDim.x) * sliceThreads) {
        call.counts[bin] = 0;
        call.weights[bin] = 0;
    }
}

/// The slice's highest raw logits, the sum for the softmax, the best token after the penalty, what is not finite.
__global__ void __launch_bounds__(sliceThreads) sliceKernel(SampleCall call)
{
    waitForEarlier();
    __shared__ Whole scratch[2][warpSize32];
    __shared__ Whole first[warpSize32];
    __shared__ Whole best[warpSize32];
    __shared__ double sums[warpSize32];
    SliceFacts &facts = call.slices[blockIdx.x];
    clearBins(call);
    const Weighing weighing(call, 0.0F);
    Whole places[perThread];
    Whole mine = 0;
    int notFinite = INT_MAX;
#pragma unroll
    for (int i = perThread - 1; i >= 0; --i) {
        const int id = idOf(i);
        places[i] = 0;
        if (id < call.vocab && !isFinite(call.logits[id]))
            notFinite = id;
        if (id >= weighing.defined)
            continue;
        places[i] = placeOf(call.logits[id], id);
        const Whole place = placeOf(weighing.logit(id), id);
        mine = place > mine ? place : mine;
    }
    const auto offer = [&](Whole below) {
        Whole highest = 0;
#pragma unroll
        for (int i = 0; i < perThread; ++i)
            highest = places[i] < below && places[i] > highest ? places[i] : highest;
        return highest;
    };
    const auto store = [&](int rank, Whole place) { facts.highest[rank] = place; };
    const float peak = logitAt(blockLargest(offer(~Whole{0}), first));
    takeHighest(offer, store, scratch);
    double sum = 0.0;
#pragma unroll
    for (int i = 0; i < perThread; ++i) {
        if (places[i] != 0)
            sum += exp(static_cast<double>(logitAt(places[i])) - static_cast<double>(peak));
    }
    sum = blockTotal(sum, sums);
    mine = blockLargest(mine, best);
    const Whole bad = blockLargest(static_cast<Whole>(INT_MAX - notFinite), first);
    if (threadIdx.x != 0)
        return;
    facts.best = mine;
    facts.sum = sum;
    facts.notFinite = INT_MAX - static_cast<int>(bad);
}

/// The weight of every token, added up by distance from the best one; and of those that min-p lets pass.
__global__ void __launch_bounds__(sliceThreads) weighKernel(SampleCall call)
{
    waitForEarlier();
    __shared__ Whole weights[distanceBins];
    __shared__ unsigned counts[distanceBins];
    __shared__ Whole scratch[warpSize32];
    __shared__ Whole sums[warpSize32];
    if (call.settings->temperature == 0.0F)
        return;
    const int thread = static_cast<int>(threadIdx.x);
    for (int bin = thread; bin < distanceBins; bin += sliceThreads) {
        counts[bin] = 0;
        weights[bin] = 0;
    }
    Whole best = 0;
    for (int slice = thread; slice < call.sliceCount; slice += sliceThreads)
        best = call.slices[slice].best > best ? call.slices[slice].best : best;
    best = blockLargest(best, scratch);
    const Weighing weighing(call, logitAt(best));
    Whole passing = 0;
#pragma unroll
    for (int i = 0; i < perThread; ++i) {
        const int id = idOf(i);
        if (id >= weighing.defined)
            continue;
        const float logit = weighing.logit(id);
        const double share = weighing.share(logit);
        const Whole weight = Weighing::whole(share);
        passing += share < weighing.minP ? 0 : weight;
        atomicAdd(&counts[weighing.binOf(logit)], 1U);
        atomicAdd(&weights[weighing.binOf(logit)], weight);
    }
    passing = blockTotal(passing, sums);
    __syncthreads();
    if (thread == 0)
        call.slices[blockIdx.x].passing = passing;
    for (int bin = thread; bin < distanceBins; bin += sliceThreads) {
        if (counts[bin] == 0)
            continue;
        atomicAdd(&call.counts[bin], counts[bin]);
        atomicAdd(&call.weights[bin], weights[bin]);
    }
}

} // namespace

void startSlices(Queue &queue, const SampleCall &call)
{
    launch(queue, sliceKernel, dim3(static_cast<unsigned>(call.sliceCount)), dim3(sliceThreads), call);
}

void startWeighing(Queue &queue, const SampleCall &call)
{
    launch(queue, weighKernel, dim3(static_cast<unsigned>(call.sliceCount)), dim3(sliceThreads), call);
}

} // namespace engine::backend::cuda
