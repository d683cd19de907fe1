// The first half of a SwiGLU MLP through tiles: gate, up and what is between them in one pass.

#include "engine/backend/cuda/detail/earlier.cuh"
#include "engine/backend/cuda/detail/silu.cuh"
#include "engine/backend/cuda/detail/tile_launch.cuh"

namespace engine::backend::cuda {

namespace {

/// Grid [row tiles · token tiles]
template <class Plan>
__global__ void __launch_bounds__(Plan::threads, Plan::blocksPerUnit)
    gateUpKernel(const __grid_constant__ TileJob job, std::uint16_t *hidden)
{
    waitForEarlier();
    const TilePlace place = placeOf<Plan>(job);
    if (place.mlp == nullptr || place.mlp->gate.dtype != job.dtype)
        return;
    const WeightView *const weights[2] = {&place.mlp->gate, &place.mlp->up};
    typename Plan::Totals totals = {};
    tileProduct<Plan>(weights, place.firstRow, place.input, dynamicShared(), job.stages, totals);
    const TileResult<Plan> result(totals);
    const int firstRow = place.firstRow + result.row(0);
#pragma unroll
    for (int t = 0; t < result.tokens; ++t) {
        if (result.token(t) >= place.input.count)
            continue;
        std::uint16_t *to =
            hidden +
            static_cast<std::size_t>(place.input.first + result.token(t)) * static_cast<std::size_t>(job.rows) +
            static_cast<std::size_t>(firstRow);
#pragma unroll
        for (int pair = 0; pair < result.pairsOfPart; ++pair) {
            if (firstRow + pair * 8 >= job.rows) // rows are even: those of `down` start on 16 bytes
                break;
            const float2 gate = result.at(t, pair);
            const float2 up = result.at(t, pair + result.pairsOfPart);
            *reinterpret_cast<unsigned *>(to + pair * 8) = packBf16(silu(gate.x) * up.x, silu(gate.y) * up.y);
        }
    }
}

} // namespace

void gateUpTiles(Queue &queue, const TileJob &job, std::uint16_t *hidden, TileSize size, const DeviceLimits &device)
{
    const bool known = withTileFormat(job.dtype, [&](auto format) {
        withPlan<decltype(format), 2>(size, [&](auto plan) {
            using Plan = decltype(plan);
            launchTiles<Plan>(queue, gateUpKernel<Plan>, job, device, hidden);
        });
    });
    if (!known)
        queue.note(cudaErrorInvalidValue);
}

} // namespace engine::backend::cuda
