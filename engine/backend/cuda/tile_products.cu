// y = W·x through tiles.

#include "engine/backend/cuda/detail/earlier.cuh"
#include "engine/backend/cuda/detail/tile_launch.cuh"

namespace engine::backend::cuda {

namespace {

__device__ inline const WeightView &partOf(const MlpView &mlp, MlpPart part)
{
    if (part == MlpPart::Gate)
        return mlp.gate;
    return part == MlpPart::Up ? mlp.up : mlp.down;
}

/// Two numbers at once, without a bias.
template <class Plan, bool accumulate>
__device__ inline void writePairs(const TileJob &job, const TilePlace &place, const ProductOut &out,
                                  const TileResult<Plan> &result)
{
    const int firstRow = place.firstRow + result.row(0);
#pragma unroll
    for (int t = 0; t < result.tokens; ++t) {
        if (result.token(t) >= place.input.count)
            continue;
        float *to = out.rows.row(place.input.first + result.token(t)) + firstRow;
#pragma unroll
        for (int pair = 0; pair < result.pairs; ++pair) {
            if (firstRow + pair * 8 >= job.rows)
                break;
            float2 two = result.at(t, pair);
            if constexpr (accumulate) {
                const float2 before = *reinterpret_cast<const float2 *>(to + pair * 8);
                two = {before.x + two.x, before.y + two.y};
            }
            *reinterpret_cast<float2 *>(to + pair * 8) = two;
        }
    }
}

template <class Plan>
__device__ inline void writeAny(const TileJob &job, const TilePlace &place, const ProductOut &out,
                                const TileResult<Plan> &result)
{
#pragma unroll
    for (int pair = 0; pair < result.pairs; ++pair) {
#pragma unroll
        for (int i = 0; i < 2; ++i) {
            const int row = place.firstRow + result.row(pair) + i;
            if (row >= job.rows)
                return;
            const float bias = out.bias.data == nullptr ? 0.0F : out.bias.at(row);
#pragma unroll
            for (int t = 0; t < result.tokens; ++t) {
                if (result.token(t) >= place.input.count)
                    continue;
                const float2 two = result.at(t, pair);
                float &to = out.rows.row(place.input.first + result.token(t))[row];
                to = (out.accumulate ? to : 0.0F) + (i == 0 ? two.x : two.y) + bias;
            }
        }
    }
}

/// Grid [row tiles · token tiles]
template <class Plan>
__global__ void __launch_bounds__(Plan::threads, Plan::blocksPerUnit)
    productKernel(const __grid_constant__ TileJob job, const __grid_constant__ ProductOut out)
{
    waitForEarlier();
    const TilePlace place = placeOf<Plan>(job);
    if (place.mlp == nullptr)
        return;
    const WeightView &weight = partOf(*place.mlp, job.part);
    if (weight.dtype != job.dtype)
        return;
    const WeightView *const weights[1] = {&weight};
    typename Plan::Totals totals = {};
    tileProduct<Plan>(weights, place.firstRow, place.input, dynamicShared(), job.stages, totals);
    const TileResult<Plan> result(totals);
    if (!out.paired)
        writeAny<Plan>(job, place, out, result);
    else if (out.accumulate)
        writePairs<Plan, true>(job, place, out, result);
    else
        writePairs<Plan, false>(job, place, out, result);
}

} // namespace

void productTiles(Queue &queue, const TileJob &job, const ProductOut &out, TileSize size, const DeviceLimits &device)
{
    const bool known = withTileFormat(job.dtype, [&](auto format) {
        withPlan<decltype(format), 1>(size, [&](auto plan) {
            using Plan = decltype(plan);
            launchTiles<Plan>(queue, productKernel<Plan>, job, device, out);
        });
    });
    if (!known)
        queue.note(cudaErrorInvalidValue);
}

bool hasTiles(memory::DType dtype)
{
    return withTileFormat(dtype, [](auto) {});
}

int leastTileTokens(memory::DType dtype)
{
    int least = 0;
    withTileFormat(dtype, [&](auto format) { least = feedOf<decltype(format)> == Feed::Decoded ? 64 : 32; });
    return least;
}

int tokensOf(TileSize size)
{
    if (size == TileSize::Few)
        return 32;
    return size <= TileSize::Some ? 64 : 128;
}

TileSize tileSizeFor(int tokens, int rows, const DeviceLimits &device)
{
    if (tokens <= 32)
        return TileSize::Few;
    const auto tiles = [&](int tileTokens, int tileRows) {
        return static_cast<int>(blocksFor(tokens, tileTokens) * blocksFor(rows, tileRows));
    };
    if (tokens <= 64 || tiles(128, 128) < device.units)
        return tiles(64, 128) < device.units ? TileSize::Narrow : TileSize::Some;
    return tiles(128, 256) < device.units ? TileSize::Many : TileSize::Wide;
}

} // namespace engine::backend::cuda
