#pragma once
// What the router does with the logits of a token, by one warp; ties as on the CPU.

#include "engine/backend/cuda/detail/warp.cuh"
#include "engine/backend/cuda/detail/weights.cuh"

#include <cfloat>

namespace engine::backend::cuda {

/// The score of an expert that cannot be chosen (any more).
constexpr float excludedScore = -FLT_MAX;

struct RouteCall {
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

/// Of one token, in shared memory: [experts] each.
struct RouteMemory {
    float *affinities;
    float *scores;
    float *groupScores;

    static constexpr int arrays = 3;
    __device__ RouteMemory(float *memory, int experts)
        : affinities(memory), scores(memory + experts), groupScores(memory + 2 * experts)
    {
    }
};

/// Affinities and choice scores from the logits, which lie where the affinities will, each written by its own lane.
__device__ inline void makeAffinities(const RouteCall &call, int lane, const RouteMemory &memory)
{
    float top = excludedScore;
    for (int e = lane; e < call.experts; e += warpSize32)
        top = fmaxf(top, memory.affinities[e]);
    top = warpMax(top);
    float sum = 0.0F;
    for (int e = lane; e < call.experts; e += warpSize32) {
        const float logit = memory.affinities[e];
        const float value = call.softmax ? expf(logit - top) : 1.0F / (1.0F + expf(-logit));
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

/// The two largest scores of a group, which `share` neighbouring lanes look for together; in each of them.
struct TwoLargest {
    float first = excludedScore;
    float second = excludedScore;

    __device__ TwoLargest(const float *scores, int size, int place, int share)
    {
        for (int i = place; i < size; i += share)
            add(scores[i], excludedScore);
        for (int offset = share / 2; offset > 0; offset /= 2) {
            const float otherFirst = __shfl_xor_sync(wholeWarp, first, offset);
            const float otherSecond = __shfl_xor_sync(wholeWarp, second, offset);
            add(otherFirst, otherSecond);
        }
    }

private:
    __device__ void add(float otherFirst, float otherSecond)
    {
        second = fmaxf(fminf(first, otherFirst), fmaxf(second, otherSecond));
        first = fmaxf(first, otherFirst);
    }
};

/// Lanes that work on one group: a power of two.
__device__ inline int lanesPerGroup(int groups)
{
    int share = 1;
    while (2 * share * groups <= warpSize32)
        share *= 2;
    return share;
}

/// Excludes the experts of all groups but the keptGroups best; of equal groups the first.
__device__ inline void maskGroups(const RouteCall &call, int lane, const RouteMemory &memory)
{
    if (call.keptGroups == call.groups)
        return;
    const int size = call.experts / call.groups;
    const int share = lanesPerGroup(call.groups);
    const int place = lane % share;
    for (int base = 0; base < call.groups; base += warpSize32 / share) {
        const int group = base + lane / share;
        const TwoLargest two(memory.scores + min(group, call.groups - 1) * size, size, place, share);
        if (place == 0 && group < call.groups)
            memory.groupScores[group] = call.largestOfGroup ? two.first : two.first + two.second;
    }
    __syncwarp();
    for (int group = lane / share; group < call.groups; group += warpSize32 / share) {
        const float mine = memory.groupScores[group];
        int rank = 0;
        for (int other = 0; other < call.groups; ++other) {
            const float score = memory.groupScores[other];
            rank += score > mine || (score == mine && other < group) ? 1 : 0;
        }
        for (int i = place; rank >= call.keptGroups && i < size; i += share)
            memory.scores[group * size + i] = excludedScore;
    }
    __syncwarp();
}

/// A number that grows with the value.
__device__ inline unsigned orderOf(float value)
{
    const unsigned bits = __float_as_uint(value);
    return bits >> 31 != 0 ? ~bits : bits | 0x80000000U;
}

/// Index of the largest score, the first of equals, in every lane.
__device__ inline int largestScore(const RouteCall &call, int lane, const RouteMemory &memory)
{
    unsigned best = 0;
    auto index = static_cast<unsigned>(call.experts);
#pragma unroll 4
    for (int e = lane; e < call.experts; e += warpSize32) {
        const unsigned order = orderOf(memory.scores[e]);
        index = order > best ? static_cast<unsigned>(e) : index;
        best = max(best, order);
    }
    const unsigned top = __reduce_max_sync(wholeWarp, best);
    const unsigned first = __reduce_min_sync(wholeWarp, best == top ? index : static_cast<unsigned>(call.experts));
    return min(static_cast<int>(first), call.experts - 1);
}

/// Writes ids and weights of a token whose logits lie in memory.affinities, see makeAffinities().
__device__ inline void chooseExperts(const RouteCall &call, int token, int lane, const RouteMemory &memory)
{
    makeAffinities(call, lane, memory);
    maskGroups(call, lane, memory);
    const std::size_t first = static_cast<std::size_t>(token) * call.outStride;
    float sum = 0.0F;
    for (int rank = 0; rank < call.topK; ++rank) {
        const int expert = largestScore(call, lane, memory);
        const float affinity = memory.affinities[expert];
        sum += affinity;
        __syncwarp(); // every lane has looked at the scores
        if (lane == 0) {
            call.ids[first + static_cast<std::size_t>(rank)] = static_cast<std::uint16_t>(expert);
            memory.groupScores[rank] = affinity; // groups are not looked at any more
            memory.scores[expert] = excludedScore;
        }
        __syncwarp();
    }
    const float divisor = call.normalise ? sum + 1e-20F : 1.0F;
    for (int rank = lane; rank < call.topK; rank += warpSize32)
        call.weights[first + static_cast<std::size_t>(rank)] = memory.groupScores[rank] / divisor * call.scale;
}

} // namespace engine::backend::cuda
