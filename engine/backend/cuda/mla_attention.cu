// Absorbed: attention to the latent itself, which is key and value of all heads (DeepSeek-V2 report, appendix C).
// Expanded gives the same numbers; until it has a kernel of its own both forms are computed like this.

#include "engine/backend/cuda/detail/attention.h"
#include "engine/backend/cuda/detail/earlier.cuh"
#include "engine/backend/cuda/detail/pages.cuh"
#include "engine/backend/cuda/detail/rows.h"
#include "engine/backend/cuda/detail/skinny.cuh"
#include "engine/backend/cuda/detail/split_attention.cuh"

namespace engine::backend::cuda {

namespace {

constexpr int absorbThreads = 128;

struct MlaCall {
    ConstRowsView q; ///< [tokens, heads · (nope + rope)]
    WeightView kvB;
    float *queries = nullptr; ///< [tokens, heads, latent + rope]
    float *latents = nullptr; ///< [tokens, heads, latent]
    LatentView cache;
    int heads = 0;
    int nope = 0;
    int rope = 0;
    int latent = 0;
    int value = 0;
    float scale = 0.0F;
    AttentionOutput output; ///< of the attention: to `latents`

    __device__ std::size_t headOf(int token, int head) const
    {
        return static_cast<std::size_t>(token) * static_cast<std::size_t>(heads) + static_cast<std::size_t>(head);
    }
};

/// queries[t][h] ← [W_UK of the head, transposed · the query's nope part; its rope part]. Grid [columns, heads,
/// tokens].
template <class Format>
__global__ void absorbKernel(MlaCall call)
{
    waitForEarlier();
    const int head = static_cast<int>(blockIdx.y);
    const int token = static_cast<int>(blockIdx.z);
    const int col = static_cast<int>(blockIdx.x) * absorbThreads + static_cast<int>(threadIdx.x);
    const int width = call.latent + call.rope;
    if (col >= width)
        return;
    const float *query = call.q.row(token) + head * (call.nope + call.rope);
    float *to = call.queries + call.headOf(token, head) * static_cast<std::size_t>(width);
    if (col >= call.latent) {
        to[col] = query[call.nope + col - call.latent];
        return;
    }
    const int firstRow = head * (call.nope + call.value);
    const std::size_t rowBytes = static_cast<std::size_t>(call.latent) * Format::bytes;
    const std::uint8_t *at =
        call.kvB.data + static_cast<std::size_t>(firstRow) * rowBytes + static_cast<std::size_t>(col) * Format::bytes;
    float sum = 0.0F;
    for (int row = 0; row < call.nope; ++row, at += rowBytes)
        sum = fmaf(Format::get(at) * call.kvB.scaleAt(firstRow + row, col), query[row], sum);
    to[col] = sum;
}

/// Grid [splits, blocks of `heads` heads, tokens].
template <int heads, int parts>
__global__ void __launch_bounds__(attentionWarps *warpSize32) attendKernel(MlaCall call)
{
    waitForEarlier();
    __shared__ MergeMemory<heads, parts> memory;
    const int lane = static_cast<int>(threadIdx.x) % warpSize32;
    const int warp = static_cast<int>(threadIdx.x) / warpSize32;
    const int split = static_cast<int>(blockIdx.x);
    const int token = static_cast<int>(blockIdx.z);
    const int firstHead = static_cast<int>(blockIdx.y) * heads;
    const int width = call.latent + call.rope;
    WarpAttention<heads, parts> state;
    state.begin();
    for (int h = 0; h < heads; ++h) {
        const int head = min(firstHead + h, call.heads - 1);
        const float *query = call.queries + call.headOf(token, head) * static_cast<std::size_t>(width);
#pragma unroll
        for (int i = 0; i < parts; ++i) {
            const int col = i * warpSize32 + lane;
            state.query[h][i] = col < width ? query[col] : 0.0F;
        }
    }
    const int end = call.cache.pages.start() + token + 1;
    const int last = splitBegin(end, call.output.splits, split + 1);
    for (int position = splitBegin(end, call.output.splits, split) + warp; position < last;
         position += attentionWarps) {
        const std::byte *layer = call.cache.pages.layerOf(position);
        const std::size_t first = call.cache.element(position);
        float key[parts];
#pragma unroll
        for (int i = 0; i < parts; ++i) {
            const int col = i * warpSize32 + lane;
            key[i] = col < width ? call.cache.pages.get(layer, first + static_cast<std::size_t>(col)) : 0.0F;
        }
        state.see(key, key, call.scale); // what is seen of the rope part is not written
    }
    mergeWarps(state, memory, [&](int head, int col, float value, float largest, float sum) {
        if (firstHead + head < call.heads)
            call.output.put(token, firstHead + head, split, col, value, largest, sum);
    });
}

/// out[t][h] ← W_UV of the head · latents[t][h]. Grid [value rows / warps, heads, tokens].
template <class Format, bool wide>
__global__ void __launch_bounds__(skinnyWarps *warpSize32) valueKernel(MlaCall call, RowsView out)
{
    waitForEarlier();
    const int row = static_cast<int>(blockIdx.x) * skinnyWarps + static_cast<int>(threadIdx.x) / warpSize32;
    if (row >= call.value)
        return;
    const int head = static_cast<int>(blockIdx.y);
    const int token = static_cast<int>(blockIdx.z);
    const float *const x[1] = {call.latents + call.headOf(token, head) * static_cast<std::size_t>(call.latent)};
    float sums[1][1] = {};
    skinnyDot<Format, wide, 1, 1>(call.kvB, head * (call.nope + call.value) + call.nope + row, x, sums);
    if (static_cast<int>(threadIdx.x) % warpSize32 == 0)
        out.row(token)[head * call.value + row] = sums[0][0];
}

template <int heads, int parts>
void startAttend(Queue &queue, const MlaCall &call, int tokens)
{
    launch(queue, attendKernel<heads, parts>,
           dim3(static_cast<unsigned>(call.output.splits), blocksFor(call.heads, heads), static_cast<unsigned>(tokens)),
           dim3(attentionWarps * warpSize32), call);
}

constexpr int headsPerBlock = 4;

void attend(Queue &queue, const MlaCall &call, int tokens)
{
    const int width = call.latent + call.rope;
    if (width <= 64)
        startAttend<headsPerBlock, 2>(queue, call, tokens);
    else if (width <= 128)
        startAttend<headsPerBlock, 4>(queue, call, tokens);
    else if (width <= 576)
        startAttend<headsPerBlock, 18>(queue, call, tokens);
    else
        queue.note(cudaErrorInvalidValue);
    combine(queue, call.output, tokens);
}

dim3 gridOf(int columns, int size, int heads, int tokens)
{
    return {blocksFor(columns, size), static_cast<unsigned>(heads), static_cast<unsigned>(tokens)};
}

MlaCall callOf(const MlaArgs &args, std::byte *const *table, int units, AttentionScratch &scratch)
{
    MlaCall call;
    call.q = viewOf(args.q);
    call.kvB = viewOf(args.kvB);
    call.queries = scratch.queries.as<float>().data();
    call.latents = scratch.latents.as<float>().data();
    call.cache = {viewOf(args.cache, table), args.cache.width};
    call.heads = args.heads;
    call.nope = args.nopeWidth;
    call.rope = args.cache.ropeWidth;
    call.latent = args.cache.latentWidth;
    call.value = args.valueWidth;
    call.scale = args.softmaxScale;
    const int tokens = args.q.rows;
    const int blocks = static_cast<int>(blocksFor(args.heads, headsPerBlock));
    call.output = {call.latents, static_cast<std::size_t>(args.heads) * static_cast<std::size_t>(call.latent),
                   call.latent,  scratch.partials.as<float>().data(),
                   args.heads,   splitsFor(tokens, blocks, args.cache.start + tokens, units, scratch)};
    return call;
}

} // namespace

void mlaAttention(Queue &queue, const MlaArgs &args, std::byte *const *table, int units, AttentionScratch &scratch)
{
    const MlaCall call = callOf(args, table, units, scratch);
    const int tokens = args.q.rows;
    const bool wide = hasWideRows(args.kvB) && call.latent % 4 == 0;
    const bool known = withFormat(args.kvB.dtype, [&](auto format) {
        using Format = decltype(format);
        launch(queue, absorbKernel<Format>, gridOf(call.latent + call.rope, absorbThreads, call.heads, tokens),
               dim3(absorbThreads), call);
        attend(queue, call, tokens);
        launch(queue, wide ? valueKernel<Format, true> : valueKernel<Format, false>,
               gridOf(call.value, skinnyWarps, call.heads, tokens), dim3(skinnyWarps * warpSize32), call,
               viewOf(args.out));
    });
    if (!known)
        queue.note(cudaErrorInvalidValue);
}

} // namespace engine::backend::cuda
