// expertFfn() with rounded inputs for many tokens: the (token, rank) pairs, slots, are sorted by expert, their inputs
// are rounded in that order, and those of an expert go through its weights together.

#include "engine/backend/cuda/detail/earlier.cuh"
#include "engine/backend/cuda/detail/expert_groups.cuh"
#include "engine/backend/cuda/detail/linear_quantised.h"
#include "engine/backend/cuda/detail/quantise_block.cuh"
#include "engine/backend/cuda/detail/quantised_tile.cuh"
#include "engine/backend/cuda/detail/rows.h"
#include "engine/backend/cuda/detail/silu.cuh"

namespace engine::backend::cuda {

namespace {

constexpr int leastTile = 16; ///< tokens of the smallest tile
constexpr int largestTile = 32;
constexpr int addThreads = 256;

struct TileCall {
    TileGroups groups;
    const MlpView *table = nullptr;
    QuantisedRows x; ///< in the order of the experts
    int rows = 0;    ///< of the weight
    bool powerOfTwo = false;
    QuantisedSpace inner;
    float *outputs = nullptr; ///< [slots, rows], in the order of the experts

    __device__ QuantisedTileInput inputOf(unsigned tile) const
    {
        return {x, groups.tileFirst[tile], groups.tileCount[tile]};
    }
};

/// inner ← SiLU(gate x) ⊙ up x. Grid [row tiles, tiles].
template <int tokens>
__global__ void __launch_bounds__(quantisedTileThreads) gateUpQuantisedTileKernel(const __grid_constant__ TileCall call)
{
    waitForEarlier();
    const int expert = call.groups.tileExpert[blockIdx.y];
    if (expert < 0)
        return;
    const MlpView &mlp = call.table[expert];
    const WeightView *const weights[2] = {&mlp.gate, &mlp.up};
    const int group = static_cast<int>(blockIdx.x);
    const int firstRow = group * quantisedTileRows;
    const QuantisedTileInput input = call.inputOf(blockIdx.y);
    float totals[2][tokens / 8][4] = {};
    quantisedTileDot<tokens, 2>(weights, firstRow, input, totals);
    float values[tokens / 8][4] = {};
    forEachQuantisedTotal<tokens>(firstRow, call.rows, input.count, [&](int, int, int n, int i) {
        values[n][i] = silu(totals[0][n][i]) * totals[1][n][i];
    });
    auto &results = *reinterpret_cast<QuantiseBlock<tokens / 8> *>(dynamicShared());
    quantiseBlock<tokens / 8>(values, input.count, call.powerOfTwo, results, call.inner, input.first, group);
}

/// outputs ← down(inner). Grid [row tiles, tiles].
template <int tokens>
__global__ void __launch_bounds__(quantisedTileThreads) downQuantisedTileKernel(const __grid_constant__ TileCall call)
{
    waitForEarlier();
    const int expert = call.groups.tileExpert[blockIdx.y];
    if (expert < 0)
        return;
    const WeightView *const weights[1] = {&call.table[expert].down};
    const int firstRow = static_cast<int>(blockIdx.x) * quantisedTileRows;
    const QuantisedTileInput input = call.inputOf(blockIdx.y);
    float totals[1][tokens / 8][4] = {};
    quantisedTileDot<tokens, 1>(weights, firstRow, input, totals);
    forEachQuantisedTotal<tokens>(firstRow, call.rows, input.count, [&](int row, int token, int n, int i) {
        call.outputs[static_cast<std::size_t>(input.first + token) * static_cast<std::size_t>(call.rows) +
                     static_cast<std::size_t>(row)] = totals[0][n][i];
    });
}

/// out += Σ_rank weight · outputs, ranks in ascending order. Grid [hidden / threads, tokens].
__global__ void __launch_bounds__(addThreads)
    addSortedKernel(const float *outputs, const int *places, const float *weights, std::size_t routeStride, int topK,
                    int hidden, RowsView out)
{
    waitForEarlier();
    const int col = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (col >= hidden)
        return;
    const int token = static_cast<int>(blockIdx.y);
    float total = 0.0F;
    for (int rank = 0; rank < topK; ++rank) {
        const float weight = weights[static_cast<std::size_t>(token) * routeStride + static_cast<std::size_t>(rank)];
        const auto place = static_cast<std::size_t>(places[token * topK + rank]);
        total = fmaf(weight, outputs[place * static_cast<std::size_t>(hidden) + static_cast<std::size_t>(col)], total);
    }
    out.row(token)[col] += total;
}

template <int tokens>
void startTiles(Queue &queue, TileCall call, int width, int hidden)
{
    const auto tiles = static_cast<unsigned>(call.groups.tiles);
    call.rows = width;
    launchShared(queue, gateUpQuantisedTileKernel<tokens>, dim3(blocksFor(width, quantisedTileRows), tiles),
                 dim3(quantisedTileThreads), quantisedTileBytes<tokens, 2>(), call);
    call.rows = hidden;
    call.x = call.inner.view();
    launchShared(queue, downQuantisedTileKernel<tokens>, dim3(blocksFor(hidden, quantisedTileRows), tiles),
                 dim3(quantisedTileThreads), quantisedTileBytes<tokens, 1>(), call);
}

/// On the tensor cores of compute capability 9.0, where the rounding between the products is a pass of its own.
bool startProducts(Queue &queue, const QuantisedExperts &call, const TileCall &tiles, const std::int32_t *offsets,
                   int hidden)
{
    if (call.fp8Experts == nullptr)
        return false;
    const Fp8ExpertTables &tables = *call.fp8Experts;
    const int slots = tiles.x.rows;
    const int width = tables.gate.rows;
    // The products of up lie where those of down will: they are read before.
    const Rows gate{call.scratch.inner.as<float>().data(), slots, width, static_cast<std::size_t>(width)};
    const Rows up{tiles.outputs, slots, width, static_cast<std::size_t>(width)};
    const Rows down{tiles.outputs, slots, hidden, static_cast<std::size_t>(hidden)};
    const QuantisedRows inner = tiles.inner.view();
    if (!canMultiplyFp8(tiles.x, tables.gate, gate) || !canMultiplyFp8(tiles.x, tables.up, up) ||
        !canMultiplyFp8(inner, tables.down, down))
        return false;
    multiplyFp8Grouped(queue, *call.fp8, tiles.x, tables.gate, offsets, gate);
    multiplyFp8Grouped(queue, *call.fp8, tiles.x, tables.up, offsets, up);
    quantiseSwiglu(queue, gate, up, call.rounding, tiles.inner);
    multiplyFp8Grouped(queue, *call.fp8, inner, tables.down, offsets, down);
    return true;
}

} // namespace

void routedTiledQuantised(Queue &queue, const QuantisedExperts &call, const ExpertTable &table)
{
    const ExpertArgs &args = call.args;
    const int tokens = args.x.rows;
    const int slots = tokens * args.topK;
    const int hidden = args.x.width;
    const int tile = slots <= leastTile * table.experts ? leastTile : largestTile; // about what an expert gets
    const int tiles = ExpertGroups::maxTiles(slots, table.experts, tile);
    int *const memory = call.quantised.order.as<int>().data();
    ExpertGroups groups(memory + table.experts + 1, slots, tiles);
    groups.offsets = memory;
    groupByExpert(queue, {args.ids, args.routeStride, tokens, args.topK}, table.experts, tile, groups);
    const QuantisedSpace sorted = call.quantised.sorted.space(queue, slots, hidden);
    quantise(queue, args.x, groups.tiles.tokens, call.rounding, sorted);
    const TileCall tileCall{groups.tiles,
                            reinterpret_cast<const MlpView *>(table.views.data()),
                            sorted.view(),
                            0,
                            call.rounding == InputRounding::E4m3PowerOfTwo,
                            call.quantised.inner.space(queue, slots, table.width),
                            call.scratch.outputs.as<float>().data()};
    if (!startProducts(queue, call, tileCall, groups.offsets, hidden)) {
        if (tile == leastTile)
            startTiles<leastTile>(queue, tileCall, table.width, hidden);
        else
            startTiles<largestTile>(queue, tileCall, table.width, hidden);
    }
    launch(queue, addSortedKernel, dim3(blocksFor(hidden, addThreads), static_cast<unsigned>(tokens)), dim3(addThreads),
           tileCall.outputs, groups.places, args.weights, args.routeStride, args.topK, hidden, viewOf(args.out));
}

std::size_t orderBytes(int slots, int experts)
{
    return static_cast<std::size_t>(experts + 1 + 2 * slots + 3 * ExpertGroups::maxTiles(slots, experts, leastTile)) *
           sizeof(int);
}

} // namespace engine::backend::cuda
