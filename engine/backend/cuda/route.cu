// route(): which way; and the choice as a launch of its own, after a product for any type and address of the gate.

#include "engine/backend/cuda/detail/route.h"

#include "engine/backend/cuda/detail/choose_experts.cuh"
#include "engine/backend/cuda/detail/earlier.cuh"

namespace engine::backend::cuda {

namespace {

/// One warp a token; logits [tokens, experts].
__global__ void routeKernel(RouteCall call, const float *logits)
{
    waitForEarlier();
    __shared__ float numbers[RouteMemory::arrays * maxExperts];
    const RouteMemory memory(numbers, call.experts);
    const int token = static_cast<int>(blockIdx.x);
    const int lane = static_cast<int>(threadIdx.x);
    for (int e = lane; e < call.experts; e += warpSize32)
        memory.affinities[e] = logits[static_cast<std::size_t>(token) * static_cast<std::size_t>(call.experts) +
                                      static_cast<std::size_t>(e)];
    chooseExperts(call, token, lane, memory);
}

RouteCall callOf(const RouteArgs &args)
{
    RouteCall call;
    call.bias = viewOf(args.bias);
    call.ids = args.ids;
    call.weights = args.weights;
    call.outStride = args.outStride;
    call.experts = args.gate.rows;
    call.groups = args.groups;
    call.keptGroups = args.keptGroups;
    call.topK = args.topK;
    call.softmax = args.affinity == Affinity::Softmax;
    call.largestOfGroup = args.groupScore == GroupScore::Largest;
    call.normalise = args.normalise;
    call.scale = args.scale;
    return call;
}

} // namespace

void route(Queue &queue, const RouteArgs &args, float *affinities, LinearScratch &scratch)
{
    const int experts = args.gate.rows;
    if (experts > maxExperts)
        return queue.note(cudaErrorInvalidValue);
    const RouteCall call = callOf(args);
    if (canRouteAtOnce(args, scratch))
        return routeAtOnce(queue, args, call, scratch);
    exactLinear(queue, args.x, args.gate, {affinities, args.x.rows, experts, static_cast<std::size_t>(experts)}, false);
    launch(queue, routeKernel, dim3(static_cast<unsigned>(args.x.rows)), dim3(warpSize32), call, affinities);
}

} // namespace engine::backend::cuda
