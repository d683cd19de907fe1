// Expanded attention (DeepSeek-V2 report §2.1) for many tokens: keys and values of the cached positions are made from
// the latents, a run of pages at a time, for all heads; then every head attends to them. What the heads have seen goes
// from one run to the next in F32. Latents, weights times their scale, keys, values, queries and softmax weights are
// BF16.

#include "engine/backend/cuda/detail/earlier.cuh"
#include "engine/backend/cuda/detail/flash.cuh"
#include "engine/backend/cuda/detail/launch.h"
#include "engine/backend/cuda/detail/mla.cuh"

#include <algorithm>

namespace engine::backend::cuda {

namespace {

constexpr int latentWidth = 512;
constexpr int ropeWidth = 64;
constexpr int latentBytes = 2 * (latentWidth + ropeWidth);
constexpr int nopeWidth = 128;
constexpr int valueWidth = 128;
constexpr int keyWidth = nopeWidth + ropeWidth;
constexpr int headRows = nopeWidth + valueWidth; ///< of kv_b_proj
constexpr int headBytes = 2 * headRows;          ///< of a position: key without its rotary part, value

using MlaFlash = Flash<keyWidth, valueWidth>;

/// Positions [begin, end) of one run, and where it stands in the whole.
struct Run {
    std::byte *expanded = nullptr; ///< [heads, capacity, headRows] in BF16
    int capacity = 0;
    int begin = 0;
    int end = 0;
    bool first = false;
    bool last = false;
};

// --- keys and values -------------------------------------------------------------------------------------------------

constexpr int expandThreads = 256;
constexpr int expandTile = 128; ///< positions, and rows of kv_b_proj
constexpr int expandStep = 64;  ///< numbers of the latent
constexpr int stepBytes = 2 * expandStep;

// Latents of 128 positions in BF16; zeros where there is none. stage() begins it, asyncWait() ends it.

struct LatentsBF16 {
    __device__ static void stage(const LatentView &cache, int position, int col, int end, std::byte *to)
    {
        const int row = static_cast<int>(threadIdx.x) / 2;
        const bool present = position + row < end;
        const int at = present ? position + row : position;
        const std::byte *from = cache.pages.layerOf(at) +
                                static_cast<std::size_t>(at % cache.pages.pageTokens) * latentBytes +
                                static_cast<std::size_t>(col) * 2;
#pragma unroll
        for (int i = 0; i < stepBytes / 32; ++i) {
            const int chunk = i * 2 + static_cast<int>(threadIdx.x) % 2;
            asyncCopy16(to + row * stepBytes + swizzled(row, chunk), from + chunk * 16, present);
        }
    }
};

/// Codes times their scale, rounded. There are as many products with the weights as heads, so that this weighs little.
struct LatentsFP8 {
    __device__ static void stage(const LatentView &cache, int position, int col, int end, std::byte *to)
    {
        const int row = static_cast<int>(threadIdx.x) / 2;
        const bool present = position + row < end;
        const int at = present ? position + row : position;
        std::byte *layer = cache.pages.layerOf(at);
        const float scale = cache.scalesOf(layer, at)[col / memory::Fp8Latents::groupWidth];
        const auto *from = reinterpret_cast<const uint4 *>(cache.codesOf(layer, at) + col);
#pragma unroll
        for (int i = 0; i < expandStep / 32; ++i) {
            const int sixteen = i * 2 + static_cast<int>(threadIdx.x) % 2;
            float values[16];
            FormatFP8::decode(from[sixteen], values);
            unsigned two[8];
#pragma unroll
            for (int pair = 0; pair < 8; ++pair)
                two[pair] = present ? packBf16(values[2 * pair] * scale, values[2 * pair + 1] * scale) : 0U;
#pragma unroll
            for (int half = 0; half < 2; ++half)
                *reinterpret_cast<uint4 *>(to + row * stepBytes + swizzled(row, sixteen * 2 + half)) = {
                    two[4 * half], two[4 * half + 1], two[4 * half + 2], two[4 * half + 3]};
        }
    }
};

/// 128 rows of the weights, decoded and scaled.
template <class Format>
__device__ inline void stageRows(const WeightView &weight, int firstRow, int firstCol, std::byte *to)
{
    constexpr int chunks = expandStep / Format::step;
#pragma unroll
    for (int index = static_cast<int>(threadIdx.x); index < expandTile * chunks; index += expandThreads) {
        const int row = index / chunks;
        const int col = index % chunks * Format::step;
        float values[Format::step];
        Format::decode(__ldg(reinterpret_cast<const uint4 *>(weight.data + (static_cast<std::size_t>(firstRow + row) *
                                                                                static_cast<std::size_t>(weight.cols) +
                                                                            static_cast<std::size_t>(firstCol + col)) *
                                                                               Format::bytes)),
                       values);
        const float scale = weight.scaleAt(firstRow + row, firstCol + col);
#pragma unroll
        for (int i = 0; i < Format::step; i += 2)
            *reinterpret_cast<unsigned *>(to + row * stepBytes + swizzled(row, (col + i) / 8) + i % 8 * 2) =
                packBf16(values[i] * scale, values[i + 1] * scale);
    }
}

/// sums[m][n] += 32 positions · 64 rows of this warp
__device__ inline void multiplyLatents(const std::byte *latents, const std::byte *rows, float (&sums)[2][8][4])
{
    const int lane = static_cast<int>(threadIdx.x) % warpSize32;
    const int warp = static_cast<int>(threadIdx.x) / warpSize32;
#pragma unroll
    for (int step = 0; step < expandStep / 16; ++step) {
        unsigned a[2][4];
#pragma unroll
        for (int m = 0; m < 2; ++m) {
            const int row = warp % 4 * 32 + m * 16 + lane % 16;
            loadMatrices(a[m], latents + row * stepBytes + swizzled(row, step * 2 + lane / 16));
        }
#pragma unroll
        for (int pair = 0; pair < 4; ++pair) {
            const int row = warp / 4 * 64 + pair * 16 + lane / 16 * 8 + lane % 8;
            unsigned b[4];
            loadMatrices(b, rows + row * stepBytes + swizzled(row, step * 2 + lane / 8 % 2));
            const unsigned first[2] = {b[0], b[1]};
            const unsigned second[2] = {b[2], b[3]};
#pragma unroll
            for (int m = 0; m < 2; ++m) {
                mmaBf16(sums[m][2 * pair], a[m], first);
                mmaBf16(sums[m][2 * pair + 1], a[m], second);
            }
        }
    }
}

/// Grid [rows of kv_b_proj / 128, positions of the run / 128].
template <class Format, class Latents>
__global__ void __launch_bounds__(expandThreads, 2) expandKernel(MlaCall call, Run run)
{
    waitForEarlier();
    alignas(128) __shared__ std::byte latents[expandTile * stepBytes];
    alignas(128) __shared__ std::byte rows[expandTile * stepBytes];
    const int position = run.begin + static_cast<int>(blockIdx.y) * expandTile;
    const int end = min(run.end, call.cache.pages.start() + call.tokens);
    if (position >= end)
        return;
    const int firstRow = static_cast<int>(blockIdx.x) * expandTile;
    float sums[2][8][4] = {};
    for (int col = 0; col < latentWidth; col += expandStep) {
        Latents::stage(call.cache, position, col, end, latents);
        asyncCommit();
        stageRows<Format>(call.kvB, firstRow, col, rows);
        asyncWait<0>();
        __syncthreads();
        multiplyLatents(latents, rows, sums);
        __syncthreads();
    }
    const int lane = static_cast<int>(threadIdx.x) % warpSize32;
    const int warp = static_cast<int>(threadIdx.x) / warpSize32;
    const int row = firstRow + warp / 4 * 64 + lane % 4 * 2;
#pragma unroll
    for (int m = 0; m < 2; ++m) {
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            const int at = position - run.begin + warp % 4 * 32 + m * 16 + half * 8 + lane / 4;
            std::byte *to =
                run.expanded + (static_cast<std::size_t>(row / headRows) * static_cast<std::size_t>(run.capacity) +
                                static_cast<std::size_t>(at)) *
                                   headBytes;
#pragma unroll
            for (int n = 0; n < 8; ++n)
                *reinterpret_cast<unsigned *>(to + (row % headRows + n * 8) * 2) =
                    packBf16(sums[m][n][2 * half], sums[m][n][2 * half + 1]);
        }
    }
}

// --- attention -------------------------------------------------------------------------------------------------------

/// What a (token, head) pair has seen in the runs before.
struct Carried {
    float *values;
    SoftmaxStats *stats;
};

__device__ inline Carried carriedOf(const MlaCall &call, int token, int head)
{
    const std::size_t pair = call.headOf(token, head);
    const std::size_t pairs = static_cast<std::size_t>(call.tokens) * static_cast<std::size_t>(call.heads);
    auto *stats = reinterpret_cast<SoftmaxStats *>(call.latents + pairs * valueWidth);
    return {call.latents + pair * valueWidth, stats + pair};
}

__device__ inline void copyTile(const MlaCall &call, const Run &run, int head, int position, int end, std::byte *stage)
{
    const int at = position + flashCopyRow();
    const bool present = at < end;
    const int row = present ? at : position;
    const std::byte *from = run.expanded + (static_cast<std::size_t>(head) * static_cast<std::size_t>(run.capacity) +
                                            static_cast<std::size_t>(row - run.begin)) *
                                               headBytes;
    std::byte *layer = call.cache.pages.layerOf(row);
    const std::byte *rope =
        call.cache.fp8
            ? reinterpret_cast<const std::byte *>(call.cache.ropeOf(layer, row))
            : layer + static_cast<std::size_t>(row % call.cache.pages.pageTokens) * latentBytes + 2 * latentWidth;
    copyFlashRow<keyWidth, 0, nopeWidth>(stage, from, present);
    copyFlashRow<keyWidth, nopeWidth, ropeWidth>(stage, rope, present);
    copyFlashRow<valueWidth, 0, valueWidth>(stage + MlaFlash::keyTileBytes, from + 2 * nopeWidth, present);
}

__device__ inline void resume(const MlaCall &call, int head, const int (&tokens)[2], MlaFlash &flash)
{
    const int place = static_cast<int>(threadIdx.x) % 4;
#pragma unroll
    for (int half = 0; half < 2; ++half) {
        const Carried carried = carriedOf(call, min(tokens[half], call.tokens - 1), head);
        flash.largest[half] = carried.stats->largest;
        flash.sum[half] = place == 0 ? carried.stats->sum : 0.0F;
#pragma unroll
        for (int n = 0; n < MlaFlash::valueTiles; ++n) {
            const float2 two = *reinterpret_cast<const float2 *>(carried.values + n * 8 + place * 2);
            flash.values[n][2 * half] = two.x;
            flash.values[n][2 * half + 1] = two.y;
        }
    }
}

__device__ inline void leave(const MlaCall &call, const Run &run, int head, const int (&tokens)[2],
                             const MlaFlash &flash, const RowsView &out)
{
    const int place = static_cast<int>(threadIdx.x) % 4;
#pragma unroll
    for (int half = 0; half < 2; ++half) {
        const float sum = flash.total(half);
        if (tokens[half] >= call.tokens)
            continue;
        const Carried carried = carriedOf(call, tokens[half], head);
        if (place == 0)
            *carried.stats = {flash.largest[half], sum};
        const float factor = run.last ? 1.0F / sum : 1.0F;
        float *to = (run.last ? out.row(tokens[half]) + head * valueWidth : carried.values) + place * 2;
#pragma unroll
        for (int n = 0; n < MlaFlash::valueTiles; ++n) {
            to[n * 8] = flash.values[n][2 * half] * factor;
            to[n * 8 + 1] = flash.values[n][2 * half + 1] * factor;
        }
    }
}

/// Grid [heads, tokens / 64]; the last tokens, which see most, come first.
__global__ void __launch_bounds__(flashThreads, 2) attendKernel(MlaCall call, Run run, RowsView out)
{
    waitForEarlier();
    std::byte *stages = dynamicShared();
    const int head = static_cast<int>(blockIdx.x);
    const int firstToken = static_cast<int>(gridDim.y - 1 - blockIdx.y) * flashQueries;
    const int start = call.cache.pages.start();
    const int tokens[2] = {firstToken + flashQuery(0), firstToken + flashQuery(1)};
    MlaFlash flash;
#pragma unroll
    for (int half = 0; half < 2; ++half)
        flash.loadQuery(half, tokens[half] < call.tokens ? call.q.row(tokens[half]) + head * keyWidth : nullptr);
    if (!run.first)
        resume(call, head, tokens, flash);
    const int rowEnd[2] = {start + min(tokens[0], call.tokens - 1) + 1, start + min(tokens[1], call.tokens - 1) + 1};
    const int end = min(run.end, start + min(firstToken + flashQueries, call.tokens));
    walkFlash(flash, run.begin, end, rowEnd, call.scale, stages,
              [&](int position, std::byte *stage) { copyTile(call, run, head, position, end, stage); });
    leave(call, run, head, tokens, flash, out);
}

/// Positions whose keys and values there is room for.
int roomFor(const MlaArgs &args, const AttentionScratch &scratch)
{
    const std::size_t perPosition = static_cast<std::size_t>(args.heads) * headBytes;
    const auto room = static_cast<int>(std::min<std::size_t>(scratch.queries.size() / perPosition, 1U << 20));
    return room / expandTile * expandTile;
}

} // namespace

bool canExpand(const MlaArgs &args, const AttentionScratch &scratch)
{
    return args.form == AttentionForm::Expanded && (canDecode(args) || canDecodeFp8(args)) &&
           args.nopeWidth == nopeWidth && args.valueWidth == valueWidth &&
           args.cache.pageTokens % flashPositions == 0 && hasWideRows(args.kvB) && roomFor(args, scratch) > 0;
}

void mlaExpanded(Queue &queue, const MlaCall &call, const MlaArgs &args, AttentionScratch &scratch)
{
    const int positions = args.cache.start + call.tokens;
    Run run;
    run.expanded = scratch.queries.data();
    run.capacity = roomFor(args, scratch);
    const dim3 attendGrid(static_cast<unsigned>(call.heads), blocksFor(call.tokens, flashQueries));
    while (run.end < positions) {
        run.begin = run.end;
        run.end = std::min(run.begin + run.capacity, positions);
        run.first = run.begin == 0;
        run.last = run.end == positions;
        const dim3 expandGrid(static_cast<unsigned>(call.heads * headRows / expandTile),
                              blocksFor(run.end - run.begin, expandTile));
        const bool known = withFormat(args.kvB.dtype, [&](auto format) {
            const auto kernel = call.cache.fp8 ? expandKernel<decltype(format), LatentsFP8>
                                               : expandKernel<decltype(format), LatentsBF16>;
            launch(queue, kernel, expandGrid, dim3(expandThreads), call, run);
        });
        if (!known)
            return queue.note(cudaErrorInvalidValue);
        launchShared(queue, attendKernel, attendGrid, dim3(flashThreads), 2 * MlaFlash::stageBytes, call, run,
                     viewOf(args.out));
    }
}

} // namespace engine::backend::cuda
