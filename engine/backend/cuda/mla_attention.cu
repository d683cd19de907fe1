// Absorbed: attention to the latent itself, which is key and value of all heads (DeepSeek-V2 report, appendix C).
// Expanded gives the same numbers; where it has no kernel (mla_expanded.cu) both forms are computed like this.

#include "engine/backend/cuda/detail/attention.h"
#include "engine/backend/cuda/detail/earlier.cuh"
#include "engine/backend/cuda/detail/mla.cuh"
#include "engine/backend/cuda/detail/warp.cuh"

namespace engine::backend::cuda {

namespace {

/// Grid [splits, blocks of `heads` heads, tokens].
template <int heads, int parts, bool fp8>
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
        std::byte *layer = call.cache.pages.layerOf(position);
        const std::size_t first = call.cache.element(position);
        float key[parts];
#pragma unroll
        for (int i = 0; i < parts; ++i) {
            const int col = i * warpSize32 + lane;
            key[i] = 0.0F;
            if (col < width)
                key[i] = fp8 ? call.cache.decoded(layer, position, col)
                             : call.cache.pages.get(layer, first + static_cast<std::size_t>(col));
        }
        state.see(key, key, call.scale); // what is seen of the rope part is not written
    }
    mergeWarps(state, memory, [&](int head, int col, float value, float largest, float sum) {
        if (firstHead + head < call.heads)
            call.output.put(token, firstHead + head, split, col, value, largest, sum);
    });
}

template <int heads, int parts>
void startAttend(Queue &queue, const MlaCall &call, int tokens)
{
    const auto kernel = call.cache.fp8 ? attendKernel<heads, parts, true> : attendKernel<heads, parts, false>;
    launch(queue, kernel,
           dim3(static_cast<unsigned>(call.output.splits), blocksFor(call.heads, heads), static_cast<unsigned>(tokens)),
           dim3(attentionWarps * warpSize32), call);
}

constexpr int headsPerBlock = 4;

/// For any width and type of the cache, in F32.
void attend(Queue &queue, MlaCall call, int positions, const DeviceLimits &device, AttentionScratch &scratch)
{
    const int width = call.latent + call.rope;
    call.output.splits = splitsFor({.blocks = call.tokens * static_cast<int>(blocksFor(call.heads, headsPerBlock)),
                                    .rows = call.tokens * call.heads,
                                    .positions = positions,
                                    .wanted = 2 * device.units},
                                   scratch);
    if (width <= 64)
        startAttend<headsPerBlock, 2>(queue, call, call.tokens);
    else if (width <= 128)
        startAttend<headsPerBlock, 4>(queue, call, call.tokens);
    else if (width <= 576)
        startAttend<headsPerBlock, 18>(queue, call, call.tokens);
    else
        queue.note(cudaErrorInvalidValue);
    combine(queue, call.output, call.tokens);
}

MlaCall callOf(const MlaArgs &args, std::byte *const *table, AttentionScratch &scratch)
{
    MlaCall call;
    call.q = viewOf(args.q);
    call.kvB = viewOf(args.kvB);
    call.queries = scratch.queries.as<float>().data();
    call.latents = scratch.latents.as<float>().data();
    call.cache = latentsOf(args.cache, table);
    call.tokens = args.q.rows;
    call.heads = args.heads;
    call.nope = args.nopeWidth;
    call.rope = args.cache.ropeWidth;
    call.latent = args.cache.latentWidth;
    call.value = args.valueWidth;
    call.scale = args.softmaxScale * log2e;
    const int width = call.heads * call.latent;
    call.output =
        outputOf({call.latents, call.tokens, width, static_cast<std::size_t>(width)}, call.heads, call.latent, scratch);
    return call;
}

} // namespace

void mlaAttention(Queue &queue, const MlaArgs &args, std::byte *const *table, const DeviceLimits &device,
                  AttentionScratch &scratch)
{
    const MlaCall call = callOf(args, table, scratch);
    const int positions = args.cache.start + call.tokens;
    if (canExpand(args, scratch))
        return mlaExpanded(queue, call, args, scratch);
    absorbQueries(queue, call, args.kvB);
    if (canDecode(args))
        mlaDecode(queue, call, positions, device, scratch);
    else if (canDecodeFp8(args))
        mlaDecodeFp8(queue, call, positions, device, scratch);
    else
        attend(queue, call, positions, device, scratch);
    expandLatents(queue, call, args.kvB, args.out);
}

} // namespace engine::backend::cuda
