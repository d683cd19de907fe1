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
    const int firstRow = place.firstRow + Plan::rowOf(warpRow<Plan>()) + laneRow();
    forEachToken<Plan>([&](int token, int m, int i) {
        constexpr int other = Plan::rowTiles / 2;
        if (token >= place.input.count)
            return;
        std::uint16_t *to = hidden +
                            static_cast<std::size_t>(place.input.first + token) * static_cast<std::size_t>(job.rows) +
                            static_cast<std::size_t>(firstRow);
#pragma unroll
        for (int n = 0; n < other; ++n) {
            if (firstRow + n * 8 >= job.rows) // rows are even: those of `down` start on 16 bytes
                break;
            *reinterpret_cast<unsigned *>(to + n * 8) =
                packBf16(silu(totals[m][n][i]) * totals[m][n + other][i],
                         silu(totals[m][n][i + 1]) * totals[m][n + other][i + 1]);
        }
    });
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
