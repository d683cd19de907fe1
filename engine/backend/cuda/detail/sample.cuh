#pragma once
// What the kernels of sample() share.
//
// Tokens have a total order by one number, their place: the logit's bits made comparable, then the id, so that no two
// places are equal and of equal logits the lower id comes first, as on the CPU. Weights are whole numbers,
// exp(−distance) in units of 2^−44: their sums are exact, so that it does not matter in which order the threads add
// them.

#include "engine/backend/cuda/detail/launch.h"
#include "engine/backend/cuda/detail/warp.cuh"
#include "engine/sampling/token_choice.h"

#include <cfloat>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cuda_runtime.h>

namespace engine::backend::cuda {

using Whole = unsigned long long;

constexpr int sliceThreads = 256;
constexpr int sliceTokens = 1024; ///< of the vocabulary for one block
constexpr int maxSlices = 1024;
constexpr int distanceBins = 2048;
constexpr float binsPerUnit = 64.0F; ///< 2048 / 64 = 32: what lies further away has a weight below 2^−44

/// What a block found in its slice of the vocabulary.
struct SliceFacts {
    Whole highest[sampling::choiceAlternatives]; ///< places of the raw logits, 0 where there are fewer
    Whole best;                                  ///< highest place after the penalty, 0: no defined token
    Whole passing;                               ///< weight of the tokens that min-p lets pass
    double sum;                                  ///< of exp(raw logit − the slice's highest)
    int notFinite;                               ///< first id, INT_MAX: none
};

struct SampleCall {
    const float *logits = nullptr;
    const sampling::ChoiceSettings *settings = nullptr;
    std::uint8_t *seen = nullptr;
    sampling::TokenChoice *out = nullptr;
    SliceFacts *slices = nullptr;
    unsigned *counts = nullptr; ///< [distanceBins] tokens
    Whole *weights = nullptr;   ///< [distanceBins] their weights
    int vocab = 0;
    int sliceCount = 0;
};

__device__ inline Whole placeOf(float logit, int id)
{
    const unsigned bits = __float_as_uint(logit + 0.0F); // −0 is 0
    const unsigned ordered = (bits & 0x80000000U) != 0 ? ~bits : bits | 0x80000000U;
    return static_cast<Whole>(ordered) << 32 | (0xFFFFFFFFU - static_cast<unsigned>(id));
}
__device__ inline int tokenAt(Whole place)
{
    return static_cast<int>(0xFFFFFFFFU - static_cast<unsigned>(place & 0xFFFFFFFFU));
}
__device__ inline float logitAt(Whole place)
{
    const auto ordered = static_cast<unsigned>(place >> 32);
    return __uint_as_float((ordered & 0x80000000U) != 0 ? ordered & 0x7FFFFFFFU : ~ordered);
}

__device__ inline bool isFinite(float value)
{
    return (__float_as_uint(value) & 0x7F800000U) != 0x7F800000U;
}

/// How the logits of one call are looked at; made by every thread for itself.
struct Weighing {
    const float *logits;
    const std::uint8_t *seen; ///< null without a penalty
    float penalty;
    float peak; ///< highest logit after the penalty
    float binScale;
    double temperature;
    double minP;
    int defined;

    __device__ Weighing(const SampleCall &call, float peakLogit)
        : logits(call.logits), seen(call.settings->repetitionPenalty == 1.0F ? nullptr : call.seen),
          penalty(call.settings->repetitionPenalty), peak(peakLogit),
          binScale(fminf(binsPerUnit / call.settings->temperature, FLT_MAX)),
          temperature(static_cast<double>(call.settings->temperature)), minP(static_cast<double>(call.settings->minP)),
          defined(min(call.settings->definedTokens, call.vocab))
    {
    }

    __device__ float logit(int id) const
    {
        float value = logits[id];
        if (seen != nullptr && seen[id] != 0)
            value = value < 0.0F ? value * penalty : value / penalty;
        return fminf(fmaxf(value, -FLT_MAX), FLT_MAX);
    }
    /// Never falls as the logit does.
    __device__ int binOf(float value) const
    {
        return static_cast<int>(fminf((peak - value) * binScale, static_cast<float>(distanceBins - 1)));
    }
    __device__ double share(float value) const
    {
        return exp((static_cast<double>(value) - static_cast<double>(peak)) / temperature);
    }
    __device__ static Whole whole(double share) { return static_cast<Whole>(fmin(share, 1.0) * 0x1.0p44 + 0.5); }
};

__device__ inline Whole warpLargest(Whole value)
{
    for (int offset = warpSize32 / 2; offset > 0; offset /= 2) {
        const Whole other = __shfl_xor_sync(wholeWarp, value, offset);
        value = other > value ? other : value;
    }
    return value;
}

/// In every thread. `scratch` [32] is in shared memory and free again after the next __syncthreads().
__device__ inline Whole blockLargest(Whole value, Whole *scratch)
{
    const int warps = static_cast<int>(blockDim.x) / warpSize32;
    value = warpLargest(value);
    if (static_cast<int>(threadIdx.x) % warpSize32 == 0)
        scratch[static_cast<int>(threadIdx.x) / warpSize32] = value;
    __syncthreads();
    const int lane = static_cast<int>(threadIdx.x) % warpSize32;
    return warpLargest(lane < warps ? scratch[lane] : 0);
}

/// The sum in every thread, always added up in the same order; `scratch` as above.
template <typename Number>
__device__ inline Number blockTotal(Number value, Number *scratch)
{
    const int warps = static_cast<int>(blockDim.x) / warpSize32;
    const int lane = static_cast<int>(threadIdx.x) % warpSize32;
    for (int offset = warpSize32 / 2; offset > 0; offset /= 2)
        value += __shfl_xor_sync(wholeWarp, value, offset);
    if (lane == 0)
        scratch[static_cast<int>(threadIdx.x) / warpSize32] = value;
    __syncthreads();
    value = lane < warps ? scratch[lane] : Number{};
    for (int offset = warpSize32 / 2; offset > 0; offset /= 2)
        value += __shfl_xor_sync(wholeWarp, value, offset);
    return value;
}

/// The choiceAlternatives highest of the places the threads offer: `offer(below)` is a thread's highest place below
/// `below`, 0 if it has none. Thread 0 hands them to `take(rank, place)`. `scratch` [2][32].
template <typename Offer, typename Take>
__device__ inline void takeHighest(const Offer &offer, const Take &take, Whole (*scratch)[warpSize32])
{
    Whole last = ~Whole{0};
    for (int rank = 0; rank < sampling::choiceAlternatives; ++rank) {
        last = blockLargest(last == 0 ? 0 : offer(last), scratch[rank % 2]);
        if (threadIdx.x == 0)
            take(rank, last);
    }
}

void startSlices(Queue &queue, const SampleCall &call);
void startWeighing(Queue &queue, const SampleCall &call);

} // namespace engine::backend::cuda
