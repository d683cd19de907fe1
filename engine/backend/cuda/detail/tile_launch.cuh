#pragma once
// From a job to a kernel: what tile_products.cu and tile_gate_up.cu share.

#include "engine/backend/cuda/detail/tile.cuh"
#include "engine/backend/cuda/detail/tiles.h"

#include <algorithm>

namespace engine::backend::cuda {

/// What a block works on.
struct TilePlace {
    int firstRow = 0;
    TileInput input;
    const MlpView *mlp = nullptr; ///< null: nothing to do
};

/// Blocks go down the token tiles of a bundle first, then to the next rows.
template <class Plan>
__device__ inline TilePlace placeOf(const TileJob &job)
{
    const auto block = static_cast<int>(blockIdx.x);
    const int bundle = block / (job.tilesTogether * job.rowTiles);
    const int inBundle = block % (job.tilesTogether * job.rowTiles);
    const int firstTile = bundle * job.tilesTogether;
    const int together = min(job.tilesTogether, job.tokenTiles - firstTile);
    const int tile = firstTile + inBundle % together;
    TilePlace place;
    place.firstRow = inBundle / together * Plan::partRows;
    place.input.data = job.x;
    place.input.stride = job.stride;
    if (job.groups.tileExpert == nullptr) {
        place.input.first = tile * Plan::tokens;
        place.input.count = min(Plan::tokens, job.tokens - place.input.first);
        place.mlp = &job.only;
        return place;
    }
    const int expert = job.groups.tileExpert[tile];
    if (expert < 0)
        return place;
    place.input.first = job.groups.tileFirst[tile];
    place.input.count = job.groups.tileCount[tile];
    place.input.gather = job.gather ? job.groups.tokens : nullptr;
    place.mlp = job.table + expert;
    return place;
}

/// body(plan) with the plan for a format and a size.
template <class Format, int parts, typename Body>
void withPlan(TileSize size, const Body &body)
{
    constexpr Feed feed = feedOf<Format>;
    if constexpr (feed != Feed::Decoded) {
        if (size == TileSize::Few)
            return body(TilePlan<Format, 32, 32, 1, 4, parts>{});
        if (size == TileSize::Narrow)
            return body(TilePlan<Format, 32, 32, 2, 2, parts>{});
    }
    if (size <= TileSize::Some)
        return body(TilePlan<Format, 64, 32, 1, 4, parts>{});
    if constexpr (feed == Feed::Copied) {
        if (size == TileSize::Wide)
            return body(TilePlan<Format, 64, 64, 2, 4, parts>{});
        return body(TilePlan<Format, 64, 64, 2, 2, parts>{});
    } else {
        return body(TilePlan<Format, 64, 32, 2, 4, parts>{});
    }
}

/// As withAnyFormat(), for the types that hasTiles().
template <typename Body>
bool withTileFormat(memory::DType dtype, const Body &body)
{
    bool known = false;
    withAnyFormat(dtype, [&](auto format) {
        if constexpr (!std::is_same_v<decltype(format), FormatF32>) {
            body(format);
            known = true;
        }
    });
    return known;
}

/// Stages that leave room for as many blocks as a multiprocessor should have.
template <class Plan>
int stagesFor(const DeviceLimits &device)
{
    constexpr std::size_t reserved = 1024; ///< of a block
    const std::size_t all = device.sharedBytes + reserved;
    const std::size_t each = all / Plan::blocksPerUnit - reserved;
    return static_cast<int>(std::clamp<std::size_t>(each / Plan::stageBytes, 2, 4));
}

/// kernel(job, …) for all tiles of a job.
template <class Plan, typename Kernel, typename... Arguments>
void launchTiles(Queue &queue, Kernel kernel, TileJob job, const DeviceLimits &device, const Arguments &...arguments)
{
    constexpr int bundle = 8;
    job.rowTiles = static_cast<int>(blocksFor(job.rows, Plan::partRows));
    job.tokenTiles =
        job.groups.tileExpert != nullptr ? job.groups.tiles : static_cast<int>(blocksFor(job.tokens, Plan::tokens));
    job.tilesTogether = job.groups.tileExpert != nullptr ? 1 : bundle;
    job.stages = stagesFor<Plan>(device);
    launchShared(queue, kernel, dim3(static_cast<unsigned>(job.rowTiles) * static_cast<unsigned>(job.tokenTiles)),
                 dim3(Plan::threads), static_cast<std::size_t>(job.stages) * Plan::stageBytes, job, arguments...);
}

} // namespace engine::backend::cuda
