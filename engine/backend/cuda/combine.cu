#include "engine/backend/cuda/detail/attention.h"
#include "engine/backend/cuda/detail/earlier.cuh"
#include "engine/backend/cuda/detail/split_attention.cuh"
#include "engine/backend/cuda/detail/warp.cuh"

#include <algorithm>

namespace engine::backend::cuda {

namespace {

constexpr int maxSplits = 256;
constexpr int threads = 256;
constexpr int warps = threads / warpSize32;
constexpr int colsPerBlock = 64; ///< two of each lane
constexpr int minPositionsPerSplit = 64;

/// Largest score of the splits of a (token, head) pair; into `factors` what each of them is multiplied with, 0 for
/// those that have seen nothing. Every thread gets the result.
__device__ inline SoftmaxStats mergeStats(const SoftmaxStats *stats, int splits, float *factors, float *scratch)
{
    const int split = static_cast<int>(threadIdx.x);
    const int warp = split / warpSize32;
    const bool seen = split < splits && stats[split].sum > 0.0F;
    const float largest = seen ? stats[split].largest : -FLT_MAX;
    const float top = warpMax(largest);
    if (split % warpSize32 == 0)
        scratch[warp] = top;
    __syncthreads();
    SoftmaxStats all;
    for (int w = 0; w < warps; ++w)
        all.largest = fmaxf(all.largest, scratch[w]);
    const float factor = seen ? exp2f(largest - all.largest) : 0.0F;
    factors[split] = factor;
    __syncthreads(); // scratch is free again
    all.sum = blockSum(seen ? factor * stats[split].sum : 0.0F, scratch);
    return all;
}

/// Grid [columns / colsPerBlock, tokens · heads]. A warp adds every eighth split, always in the same order.
__global__ void __launch_bounds__(threads) combineKernel(AttentionOutput output)
{
    waitForEarlier();
    __shared__ float factors[maxSplits];
    __shared__ float scratch[warpSize32];
    __shared__ float sums[warps][colsPerBlock];
    const int lane = static_cast<int>(threadIdx.x) % warpSize32;
    const int warp = static_cast<int>(threadIdx.x) / warpSize32;
    const int token = static_cast<int>(blockIdx.y) / output.heads;
    const int head = static_cast<int>(blockIdx.y) % output.heads;
    const std::size_t first = output.partialOf(token, head, 0);
    const float sum = mergeStats(output.stats + first, output.splits, factors, scratch).sum;
    const int width = output.width;
    const float *from = output.partials + first * static_cast<std::size_t>(width);
#pragma unroll
    for (int half = 0; half < 2; ++half) {
        const int col = min(static_cast<int>(blockIdx.x) * colsPerBlock + half * warpSize32 + lane, width - 1);
        float value = 0.0F;
#pragma unroll 8
        for (int split = warp; split < output.splits; split += warps) {
            const float factor = factors[split];
            const float part =
                from[static_cast<std::size_t>(split) * static_cast<std::size_t>(width) + static_cast<std::size_t>(col)];
            value = factor > 0.0F ? fmaf(part, factor, value) : value; // what is not written may be no number
        }
        sums[warp][half * warpSize32 + lane] = value;
    }
    __syncthreads();
    const int col = static_cast<int>(blockIdx.x) * colsPerBlock + static_cast<int>(threadIdx.x);
    if (static_cast<int>(threadIdx.x) >= colsPerBlock || col >= width)
        return;
    float value = 0.0F;
    for (int w = 0; w < warps; ++w)
        value += sums[w][threadIdx.x];
    output.out[static_cast<std::size_t>(token) * output.tokenStride + static_cast<std::size_t>(head * width + col)] =
        value / sum;
}

} // namespace

static_assert(maxSplits <= threads);

void combine(Queue &queue, const AttentionOutput &output, int tokens)
{
    if (output.splits > 1)
        launch(queue, combineKernel,
               dim3(blocksFor(output.width, colsPerBlock), static_cast<unsigned>(tokens * output.heads)), dim3(threads),
               output);
}

int splitsFor(const SplitRequest &request, const AttentionScratch &scratch)
{
    const int wanted = request.wanted / request.blocks;
    const int worthwhile = (request.positions + minPositionsPerSplit - 1) / minPositionsPerSplit;
    const int room = scratch.partialRows / request.rows;
    return std::clamp(std::min({wanted, worthwhile, room}), 1, maxSplits);
}

AttentionOutput outputOf(const Rows &out, int heads, int width, AttentionScratch &scratch)
{
    AttentionOutput output;
    output.out = out.data;
    output.tokenStride = out.stride;
    output.width = width;
    output.partials = scratch.partials.as<float>().data();
    output.stats = scratch.stats.as<SoftmaxStats>().data();
    output.heads = heads;
    return output;
}

void AttentionScratch::reserve(const WorkspaceShape &shape, const DeviceLimits &device, memory::MemorySpace &memory)
{
    const auto size = [](int a, int b, int c) {
        return static_cast<std::size_t>(a) * static_cast<std::size_t>(b) * static_cast<std::size_t>(c) * sizeof(float);
    };
    const auto grow = [&](memory::Buffer &buffer, std::size_t bytes) {
        if (bytes > buffer.size())
            buffer = memory.allocate(bytes);
    };
    const bool latent = shape.latentWidth > 0;
    // Positions are split only as long as the blocks fill the device once or twice: no more than this many rows, and
    // two for every head. A call of up to 256 tokens, whose heads have no latent, does not fill it either (32 heads:
    // 128 blocks), and may be split in two.
    constexpr int rowsPerUnit = 32;
    const int tokens = latent ? 1 : std::clamp(shape.tokens, 1, 256);
    partialRows = std::max({partialRows, rowsPerUnit * device.units, 2 * tokens * shape.heads});
    grow(queries, latent ? size(shape.tokens, shape.heads, shape.latentWidth + shape.ropeWidth) : 0);
    grow(latents, latent ? size(shape.tokens, shape.heads, shape.latentWidth) : 0);
    grow(partials, size(partialRows, 1, latent ? shape.latentWidth : shape.headWidth));
    grow(stats, size(partialRows, 1, 2));
}

} // namespace engine::backend::cuda
