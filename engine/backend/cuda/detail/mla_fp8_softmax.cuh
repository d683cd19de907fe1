#pragma once
// Of mla_decode_fp8.cu: from scores to weights.

#include "engine/backend/cuda/detail/mla_fp8_powers.cuh"
#include "engine/backend/cuda/detail/mma.cuh"

namespace engine::backend::cuda::decode_fp8 {

/// What the scales of values are measured by: a power of two not far below the largest so far, so that weights times
/// scales are numbers of F16. The same in all threads.
struct ScaleRange {
    unsigned exponent = WeightRange::least;
    float change = 0.0F; ///< what the sums so far are multiplied with

    __device__ void see(unsigned largest)
    {
        const unsigned steps = largest - exponent;
        change = steps < one ? __uint_as_float(one - steps) : 0.0F;
        exponent = largest;
    }
    __device__ float down() const { return WeightRange::down(exponent); }
    __device__ float back() const { return WeightRange::back(exponent); }
};

/// The running softmax of one row, held by `width` threads with `each` positions of a tile.
template <class P>
struct RunningSoftmax {
    static constexpr int width = P::threads / P::rows;
    static constexpr int each = P::positions / width;
    float largest = -FLT_MAX;
    float sum = 0.0F; ///< this thread's part

    __device__ static int row() { return static_cast<int>(threadIdx.x) / width; }
    __device__ static int place() { return static_cast<int>(threadIdx.x) % width; }

    /// `position`: of the first of the tile; the row sees what comes before `end`.
    __device__ void see(typename P::Memory &memory, const std::byte *tile, const ScaleRange &range, int position,
                        int end, float scale)
    {
        const int at = place() * each;
        float scores[each] = {};
        addPartial(memory, at, scores);
        float top = largest;
#pragma unroll
        for (int i = 0; i < each; ++i) {
            scores[i] *= scale;
            if (position + at + i < end)
                top = fmaxf(top, scores[i]);
        }
#pragma unroll
        for (int offset = width / 2; offset > 0; offset /= 2)
            top = fmaxf(top, __shfl_xor_sync(wholeWarp, top, offset));
        const float factor = power2(largest - top);
        largest = top;
        sum *= factor;
#pragma unroll
        for (int i = 0; i < each; ++i) {
            scores[i] = position + at + i < end ? power2(scores[i] - top) : 0.0F;
            sum += scores[i];
        }
        writeWeights(memory, tile, range, at, scores);
        if (place() == 0)
            memory.factor[row()] = factor;
    }

    __device__ float total() const
    {
        float all = sum;
#pragma unroll
        for (int offset = width / 2; offset > 0; offset /= 2)
            all += __shfl_xor_sync(wholeWarp, all, offset);
        return all;
    }

private:
    __device__ static void addPartial(const typename P::Memory &memory, int at, float (&scores)[each])
    {
#pragma unroll
        for (int group = 0; group < groups; ++group) {
#pragma unroll
            for (int i = 0; i < each; i += 2) {
                const float2 two = *reinterpret_cast<const float2 *>(memory.scores[group] + row() * P::pitch + at + i);
                scores[i] += two.x;
                scores[i + 1] += two.y;
            }
        }
    }

    /// Weights times the scales of the values.
    __device__ static void writeWeights(typename P::Memory &memory, const std::byte *tile, const ScaleRange &range,
                                        int at, const float (&weights)[each])
    {
        const auto *scales = reinterpret_cast<const float4 *>(tile + P::scalesAt) + at;
#pragma unroll
        for (int i = 0; i < each; i += 2) {
            const float4 first = scales[i];
            const float4 second = scales[i + 1];
            const float low[groups] = {first.x, first.y, first.z, first.w};
            const float high[groups] = {second.x, second.y, second.z, second.w};
            const float down[2] = {weights[i] * range.down(), weights[i + 1] * range.down()};
#pragma unroll
            for (int group = 0; group < groups; ++group)
                *reinterpret_cast<unsigned *>(memory.weights[group] + row() * P::pitch + at + i) =
                    packF16(down[0] * low[group], down[1] * high[group]);
        }
    }
};

} // namespace engine::backend::cuda::decode_fp8
