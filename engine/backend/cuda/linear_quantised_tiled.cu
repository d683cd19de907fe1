// linear() with rounded inputs for many tokens.

#include "engine/backend/cuda/detail/earlier.cuh"
#include "engine/backend/cuda/detail/linear_quantised.h"
#include "engine/backend/cuda/detail/quantised_tile.cuh"
#include "engine/backend/cuda/detail/rows.h"

namespace engine::backend::cuda {

namespace {

constexpr int tileTokens = 64;

/// Grid [row tiles, token tiles].
__global__ void __launch_bounds__(quantisedTileThreads)
    quantisedTileKernel(const __grid_constant__ WeightView weight, const __grid_constant__ QuantisedRows x,
                        VectorView bias, RowsView out, bool accumulate)
{
    waitForEarlier();
    const int firstRow = static_cast<int>(blockIdx.x) * quantisedTileRows;
    const int firstToken = static_cast<int>(blockIdx.y) * tileTokens;
    const QuantisedTileInput input{x, firstToken, min(tileTokens, x.rows - firstToken)};
    const WeightView *const weights[1] = {&weight};
    float totals[1][tileTokens / 8][4] = {};
    quantisedTileDot<tileTokens, 1>(weights, firstRow, input, totals);
    forEachQuantisedTotal<tileTokens>(firstRow, weight.rows, input.count, [&](int row, int token, int n, int i) {
        float &to = out.row(firstToken + token)[row];
        to = (accumulate ? to : 0.0F) + totals[0][n][i] + (bias.data == nullptr ? 0.0F : bias.at(row));
    });
}

} // namespace

void tiledQuantised(Queue &queue, const QuantisedRows &x, const Matrix &weight, const Rows &out, bool accumulate)
{
    launchShared(queue, quantisedTileKernel,
                 dim3(blocksFor(weight.rows, quantisedTileRows), blocksFor(x.rows, tileTokens)),
                 dim3(quantisedTileThreads), quantisedTileBytes<tileTokens, 1>(), viewOf(weight), x,
                 viewOf(weight.bias), viewOf(out), accumulate);
}

} // namespace engine::backend::cuda
