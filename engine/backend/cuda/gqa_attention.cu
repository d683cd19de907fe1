// gqaAttention(): which way; and a kernel for any width and type of the cache, in F32.

#include "engine/backend/cuda/detail/earlier.cuh"
#include "engine/backend/cuda/detail/gqa.cuh"

namespace engine::backend::cuda {

namespace {

template <int parts>
__device__ inline void loadRow(const KeyValueView &cache, int head, int part, int position, float (&to)[parts])
{
    const int lane = static_cast<int>(threadIdx.x) % warpSize32;
    const std::byte *layer = cache.pages.layerOf(position);
    const std::size_t first = cache.element(head, part, position);
#pragma unroll
    for (int i = 0; i < parts; ++i) {
        const int col = i * warpSize32 + lane;
        to[i] = col < cache.headWidth ? cache.pages.get(layer, first + static_cast<std::size_t>(col)) : 0.0F;
    }
}

/// Grid [splits, blocks of `heads` query heads, tokens]; the heads of a block have one key-value head.
template <int heads, int parts>
__global__ void __launch_bounds__(attentionWarps *warpSize32) gqaKernel(GqaCall call)
{
    waitForEarlier();
    __shared__ MergeMemory<heads, parts> memory;
    const int lane = static_cast<int>(threadIdx.x) % warpSize32;
    const int warp = static_cast<int>(threadIdx.x) / warpSize32;
    const int split = static_cast<int>(blockIdx.x);
    const int token = static_cast<int>(blockIdx.z);
    const int firstHead = static_cast<int>(blockIdx.y) * heads;
    const int width = call.cache.headWidth;
    WarpAttention<heads, parts> state;
    state.begin();
    for (int h = 0; h < heads; ++h) {
#pragma unroll
        for (int i = 0; i < parts; ++i) {
            const int col = i * warpSize32 + lane;
            state.query[h][i] = col < width ? call.q.row(token)[(firstHead + h) * width + col] : 0.0F;
        }
    }
    const int end = call.cache.pages.start() + token + 1;
    const int last = splitBegin(end, call.output.splits, split + 1);
    for (int position = splitBegin(end, call.output.splits, split) + warp; position < last;
         position += attentionWarps) {
        float key[parts];
        float value[parts];
        loadRow(call.cache, firstHead / call.group, 0, position, key);
        loadRow(call.cache, firstHead / call.group, 1, position, value);
        state.see(key, value, call.scale);
    }
    mergeWarps(state, memory, [&](int head, int col, float value, float largest, float sum) {
        call.output.put(token, firstHead + head, split, col, value, largest, sum);
    });
}

template <int heads, int parts>
void start(Queue &queue, const GqaCall &call, int tokens)
{
    launch(queue, gqaKernel<heads, parts>,
           dim3(static_cast<unsigned>(call.output.splits), static_cast<unsigned>(call.output.heads / heads),
                static_cast<unsigned>(tokens)),
           dim3(attentionWarps * warpSize32), call);
}

template <int heads>
void startWidth(Queue &queue, const GqaCall &call, int tokens)
{
    const int width = call.cache.headWidth;
    if (width <= 64)
        start<heads, 2>(queue, call, tokens);
    else if (width <= 128)
        start<heads, 4>(queue, call, tokens);
    else if (width <= 256)
        start<heads, 8>(queue, call, tokens);
    else
        queue.note(cudaErrorInvalidValue);
}

void attend(Queue &queue, GqaCall call, int positions, const DeviceLimits &device, AttentionScratch &scratch)
{
    const int heads = call.group % 4 == 0 ? 4 : 1;
    call.output.splits = splitsFor({.blocks = call.tokens * call.output.heads / heads,
                                    .rows = call.tokens * call.output.heads,
                                    .positions = positions,
                                    .wanted = 2 * device.units},
                                   scratch);
    if (heads == 4)
        startWidth<4>(queue, call, call.tokens);
    else
        startWidth<1>(queue, call, call.tokens);
    combine(queue, call.output, call.tokens);
}

constexpr int mostVectorRows = 2;
constexpr int mostDecodeRows = 32;

} // namespace

bool canDecode(const GqaArgs &args)
{
    const KeyValueCache &cache = args.cache;
    return cache.dtype == memory::DType::BF16 && (cache.headWidth == 64 || cache.headWidth == 128) &&
           cache.pageTokens % gqaPage == 0 && cache.layerOffset % 16 == 0;
}

void gqaAttention(Queue &queue, const GqaArgs &args, std::byte *const *table, const DeviceLimits &device,
                  AttentionScratch &scratch)
{
    GqaCall call;
    call.q = viewOf(args.q);
    call.cache = {viewOf(args.cache, table), args.cache.headWidth};
    call.tokens = args.q.rows;
    call.kvHeads = args.cache.kvHeads;
    call.group = args.heads / args.cache.kvHeads;
    call.scale = args.softmaxScale * log2e;
    call.output = outputOf(args.out, args.heads, args.cache.headWidth, scratch);
    const int positions = args.cache.start + call.tokens;
    const int rows = call.tokens * call.group;
    if (!canDecode(args))
        attend(queue, call, positions, device, scratch);
    else if (rows <= mostVectorRows)
        gqaVector(queue, call, positions, device, scratch);
    else if (rows <= mostDecodeRows)
        gqaDecode(queue, call, positions, device, scratch);
    else
        gqaPrefill(queue, call, positions, device, scratch);
}

} // namespace engine::backend::cuda
