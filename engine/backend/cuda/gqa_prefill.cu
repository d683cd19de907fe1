// Grouped-query attention of many queries on tensor cores: heads of 64 or 128 numbers, BF16 in the cache. A block has
// 64 or 128 rows (see gqa.cuh) of one key-value head and walks over the pages up to the last position that any of them
// sees; pages are the tiles of flash.cuh.

#include "engine/backend/cuda/detail/earlier.cuh"
#include "engine/backend/cuda/detail/flash.cuh"
#include "engine/backend/cuda/detail/gqa.cuh"
#include "engine/backend/cuda/detail/launch.h"

namespace engine::backend::cuda {

namespace {

static_assert(flashPositions == gqaPage);

template <int width>
__device__ inline void leave(const GqaCall &call, int kvHead, const int (&rows)[2], int split,
                             const Flash<width, width> &flash)
{
    const int place = static_cast<int>(threadIdx.x) % 4;
#pragma unroll
    for (int half = 0; half < 2; ++half) {
        const float sum = flash.total(half);
        if (rows[half] >= call.rows())
            continue;
        if (place == 0)
            call.output.putStats(call.tokenOf(rows[half]), call.headOf(kvHead, rows[half]), split, flash.largest[half],
                                 sum);
        const float factor = call.output.splits == 1 ? 1.0F / sum : 1.0F;
        float *to = call.outOf(kvHead, rows[half], split) + place * 2;
#pragma unroll
        for (int n = 0; n < Flash<width, width>::valueTiles; ++n) {
            to[n * 8] = flash.values[n][2 * half] * factor;
            to[n * 8 + 1] = flash.values[n][2 * half + 1] * factor;
        }
    }
}

/// Grid [key-value heads, row blocks, splits]; the last rows, which see most, come first.
template <int width, int warps>
__global__ void __launch_bounds__(warps *warpSize32, warps == 4 ? 2 : 1) prefillKernel(GqaCall call)
{
    waitForEarlier();
    std::byte *stages = dynamicShared();
    const int kvHead = static_cast<int>(blockIdx.x);
    const int split = static_cast<int>(blockIdx.z);
    const int firstRow = static_cast<int>(gridDim.y - 1 - blockIdx.y) * warps * 16;
    const int rows[2] = {firstRow + flashQuery(0), firstRow + flashQuery(1)};
    const int rowEnd[2] = {call.endOf(rows[0]), call.endOf(rows[1])};
    Flash<width, width> flash;
#pragma unroll
    for (int half = 0; half < 2; ++half)
        flash.loadQuery(half, call.queryOf(kvHead, rows[half]));
    const int end = call.endOf(firstRow + warps * 16 - 1);
    const int pages = (end + gqaPage - 1) / gqaPage;
    const int begin = pages * split / call.output.splits * gqaPage;
    const int last = min(end, pages * (split + 1) / call.output.splits * gqaPage);
    walkFlash(flash, begin, last, rowEnd, call.scale, stages, [&](int position, std::byte *stage) {
        const std::byte *page = call.cache.pages.pages[position / call.cache.pages.pageTokens];
        copyKeyValues<width, gqaPage, warps * warpSize32>(call.cache, page, kvHead, position, end, stage);
    });
    leave<width>(call, kvHead, rows, split, flash);
}

template <int width, int warps>
void start(Queue &queue, GqaCall call, int positions, const DeviceLimits &device, AttentionScratch &scratch)
{
    const unsigned rowBlocks = blocksFor(call.tokens * call.group, warps * 16);
    // Putting so many rows together takes as long as some thousand positions: then a split has 8192 of them.
    constexpr int manyRows = 1024;
    const int rows = call.tokens * call.output.heads;
    call.output.splits = splitsFor({.blocks = static_cast<int>(rowBlocks) * call.kvHeads,
                                    .rows = rows,
                                    .positions = rows > manyRows ? positions / 128 : positions,
                                    .wanted = (warps == 4 ? 2 : 1) * device.units},
                                   scratch);
    const dim3 grid(static_cast<unsigned>(call.kvHeads), rowBlocks, static_cast<unsigned>(call.output.splits));
    launchShared(queue, prefillKernel<width, warps>, grid, dim3(warps * warpSize32),
                 2 * Flash<width, width>::stageBytes, call);
    combine(queue, call.output, call.tokens);
}

} // namespace

void gqaPrefill(Queue &queue, GqaCall call, int positions, const DeviceLimits &device, AttentionScratch &scratch)
{
    // 128 rows read each page half as often, as long as there are enough of them.
    const bool many = static_cast<int>(blocksFor(call.tokens * call.group, 128)) * call.kvHeads >= device.units;
    if (call.cache.headWidth == 128)
        many ? start<128, 8>(queue, call, positions, device, scratch)
             : start<128, 4>(queue, call, positions, device, scratch);
    else
        many ? start<64, 8>(queue, call, positions, device, scratch)
             : start<64, 4>(queue, call, positions, device, scratch);
}

} // namespace engine::backend::cuda
