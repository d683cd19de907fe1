#include "engine/backend/cuda/detail/attention.h"
#include "engine/backend/cuda/detail/earlier.cuh"
#include "engine/backend/cuda/detail/split_attention.cuh"

#include <algorithm>

namespace engine::backend::cuda {

namespace {

constexpr int maxSplits = 64;
constexpr int threads = 128;

/// Grid [tokens · heads].
__global__ void combineKernel(AttentionOutput output)
{
    waitForEarlier();
    const int token = static_cast<int>(blockIdx.x) / output.heads;
    const int head = static_cast<int>(blockIdx.x) % output.heads;
    const auto stride = static_cast<std::size_t>(Partial::header + output.width);
    const float *first =
        output.partials + static_cast<std::size_t>(blockIdx.x) * static_cast<std::size_t>(output.splits) * stride;
    float top = -FLT_MAX;
    for (int split = 0; split < output.splits; ++split)
        top = fmaxf(top, first[static_cast<std::size_t>(split) * stride]);
    float *out = output.out + static_cast<std::size_t>(token) * output.tokenStride +
                 static_cast<std::size_t>(head * output.width);
    for (int col = static_cast<int>(threadIdx.x); col < output.width; col += threads) {
        float value = 0.0F;
        float sum = 0.0F;
        for (int split = 0; split < output.splits; ++split) {
            const float *partial = first + static_cast<std::size_t>(split) * stride;
            const float factor = expf(partial[0] - top);
            value = fmaf(partial[Partial::header + col], factor, value);
            sum = fmaf(partial[1], factor, sum);
        }
        out[col] = value / sum;
    }
}

} // namespace

void combine(Queue &queue, const AttentionOutput &output, int tokens)
{
    if (output.splits > 1)
        launch(queue, combineKernel, dim3(static_cast<unsigned>(tokens * output.heads)), dim3(threads), output);
}

int splitsFor(int tokens, int headBlocks, int positions, int units, const AttentionScratch &scratch)
{
    const int wanted = (2 * units + tokens * headBlocks - 1) / (tokens * headBlocks);
    const int worthwhile = (positions + 63) / 64;
    const int room = scratch.partialRows / tokens;
    return std::clamp(std::min({wanted, worthwhile, room, maxSplits}), 1, maxSplits);
}

void AttentionScratch::reserve(const WorkspaceShape &shape, memory::MemorySpace &memory)
{
    const auto size = [](int a, int b, int c) {
        return static_cast<std::size_t>(a) * static_cast<std::size_t>(b) * static_cast<std::size_t>(c) * sizeof(float);
    };
    const auto grow = [&](memory::Buffer &buffer, std::size_t bytes) {
        if (bytes > buffer.size())
            buffer = memory.allocate(bytes);
    };
    const bool latent = shape.latentWidth > 0;
    partialRows = std::max({partialRows, shape.tokens, maxSplits});
    grow(queries, latent ? size(shape.tokens, shape.heads, shape.latentWidth + shape.ropeWidth) : 0);
    grow(latents, latent ? size(shape.tokens, shape.heads, shape.latentWidth) : 0);
    grow(partials, size(partialRows, shape.heads, Partial::header + (latent ? shape.latentWidth : shape.headWidth)));
}

} // namespace engine::backend::cuda
