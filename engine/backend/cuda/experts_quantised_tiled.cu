// expertFfn() with rounded inputs for many tokens: the (token, rank) pairs, slots, are sorted by expert, their inputs
// are rounded in that order, and those of an expert go through its weights together.

#include "engine/backend/cuda/detail/earlier.cuh"
#include "engine/backend/cuda/detail/linear_quantised.h"
#include "engine/backend/cuda/detail/quantise_block.cuh"
#include "engine/backend/cuda/detail/quantised_tile.cuh"
#include "engine/backend/cuda/detail/route.h"
#include "engine/backend/cuda/detail/rows.h"
#include "engine/backend/cuda/detail/silu.cuh"

#include <algorithm>

namespace engine::backend::cuda {

namespace {

constexpr int orderThreads = maxExperts;
constexpr int leastTile = 16; ///< tokens of the smallest tile

/// The slots ordered by expert, then by token.
struct ExpertOrder {
    int *offsets = nullptr; ///< [experts + 1]: where those of an expert begin
    int *tokens = nullptr;  ///< [slots]: the token of each
    int *places = nullptr;  ///< [slots]: where a slot has gone
    int *tiles = nullptr;   ///< [maxTiles, 2]: expert and first; expert −1: no tile

    static int maxTiles(int slots, int experts, int tile) { return slots / tile + std::min(experts, slots); }
    ExpertOrder(int *memory, int slots, int experts)
        : offsets(memory), tokens(offsets + experts + 1), places(tokens + slots), tiles(places + slots)
    {
    }
};

struct OrderMemory {
    int counts[maxExperts];
    int firsts[maxExperts];
    int firstTiles[maxExperts];
    int tiles;
};

__device__ inline void placeExperts(int experts, int tile, const ExpertOrder &order, OrderMemory &memory)
{
    int first = 0;
    int tiles = 0;
    for (int e = 0; e < experts; ++e) {
        memory.firsts[e] = first;
        memory.firstTiles[e] = tiles;
        order.offsets[e] = first;
        first += memory.counts[e];
        tiles += (memory.counts[e] + tile - 1) / tile;
    }
    order.offsets[experts] = first;
    memory.tiles = tiles;
}

/// One block; thread e looks after expert e, so the order does not depend on timing.
__global__ void __launch_bounds__(orderThreads)
    orderKernel(const std::uint16_t *ids, std::size_t routeStride, int tokens, int topK, int experts, int tile,
                int maxTiles, ExpertOrder order)
{
    waitForEarlier();
    __shared__ OrderMemory memory;
    const int expert = static_cast<int>(threadIdx.x);
    const auto idOf = [&](int slot) {
        return static_cast<int>(
            ids[static_cast<std::size_t>(slot / topK) * routeStride + static_cast<std::size_t>(slot % topK)]);
    };
    int count = 0;
    for (int slot = 0; slot < tokens * topK; ++slot)
        count += idOf(slot) == expert ? 1 : 0;
    if (expert < experts)
        memory.counts[expert] = count;
    __syncthreads();
    if (expert == 0)
        placeExperts(experts, tile, order, memory);
    __syncthreads();
    for (int t = memory.tiles + expert; t < maxTiles; t += orderThreads)
        order.tiles[2 * t] = -1;
    if (expert >= experts)
        return;
    int next = memory.firsts[expert];
    for (int slot = 0; slot < tokens * topK; ++slot) {
        if (idOf(slot) != expert)
            continue;
        order.tokens[next] = slot / topK;
        order.places[slot] = next;
        ++next;
    }
    for (int i = 0; i * tile < count; ++i) {
        order.tiles[2 * (memory.firstTiles[expert] + i)] = expert;
        order.tiles[2 * (memory.firstTiles[expert] + i) + 1] = memory.firsts[expert] + i * tile;
    }
}

struct TileCall {
    ExpertOrder order;
    const MlpView *table = nullptr;
    QuantisedRows x; ///< in the order of the experts
    int rows = 0;    ///< of the weight
    bool powerOfTwo = false;
    QuantisedSpace inner;
    float *outputs = nullptr; ///< [slots, rows], in the order of the experts

    template <int tokens>
    __device__ QuantisedTileInput inputOf(int expert, int first) const
    {
        return {x, first, min(tokens, order.offsets[expert + 1] - first)};
    }
};

/// inner ← SiLU(gate x) ⊙ up x. Grid [row tiles, tiles].
template <int tokens>
__global__ void __launch_bounds__(quantisedTileThreads) gateUpQuantisedTileKernel(const __grid_constant__ TileCall call)
{
    waitForEarlier();
    const int expert = call.order.tiles[2 * blockIdx.y];
    if (expert < 0)
        return;
    const MlpView &mlp = call.table[expert];
    const WeightView *const weights[2] = {&mlp.gate, &mlp.up};
    const int group = static_cast<int>(blockIdx.x);
    const int firstRow = group * quantisedTileRows;
    const QuantisedTileInput input = call.template inputOf<tokens>(expert, call.order.tiles[2 * blockIdx.y + 1]);
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
    const int expert = call.order.tiles[2 * blockIdx.y];
    if (expert < 0)
        return;
    const WeightView *const weights[1] = {&call.table[expert].down};
    const int firstRow = static_cast<int>(blockIdx.x) * quantisedTileRows;
    const QuantisedTileInput input = call.template inputOf<tokens>(expert, call.order.tiles[2 * blockIdx.y + 1]);
    float totals[1][tokens / 8][4] = {};
    quantisedTileDot<tokens, 1>(weights, firstRow, input, totals);
    forEachQuantisedTotal<tokens>(firstRow, call.rows, input.count, [&](int row, int token, int n, int i) {
        call.outputs[static_cast<std::size_t>(input.first + token) * static_cast<std::size_t>(call.rows) +
                     static_cast<std::size_t>(row)] = totals[0][n][i];
    });
}

/// out += Σ_rank weight · outputs, ranks in ascending order. Grid [hidden / threads, tokens].
__global__ void addSortedKernel(const float *outputs, const int *places, const float *weights, std::size_t routeStride,
                                int topK, int hidden, RowsView out)
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
void startTiles(Queue &queue, TileCall call, int tiles, int width, int hidden)
{
    const auto tileCount = static_cast<unsigned>(tiles);
    call.rows = width;
    launchShared(queue, gateUpQuantisedTileKernel<tokens>, dim3(blocksFor(width, quantisedTileRows), tileCount),
                 dim3(quantisedTileThreads), quantisedTileBytes<tokens, 2>(), call);
    call.rows = hidden;
    call.x = call.inner.view();
    launchShared(queue, downQuantisedTileKernel<tokens>, dim3(blocksFor(hidden, quantisedTileRows), tileCount),
                 dim3(quantisedTileThreads), quantisedTileBytes<tokens, 1>(), call);
}

} // namespace

void routedTiledQuantised(Queue &queue, const QuantisedExperts &call, const ExpertTable &table)
{
    const ExpertArgs &args = call.args;
    const int tokens = args.x.rows;
    const int slots = tokens * args.topK;
    const int hidden = args.x.width;
    constexpr int largestTile = 32;
    const int tile = slots <= leastTile * table.experts ? leastTile : largestTile; // about what an expert gets
    const int tiles = ExpertOrder::maxTiles(slots, table.experts, tile);
    const ExpertOrder order(call.quantised.order.as<int>().data(), slots, table.experts);
    launch(queue, orderKernel, dim3(1), dim3(orderThreads), args.ids, args.routeStride, tokens, args.topK,
           table.experts, tile, tiles, order);
    const QuantisedSpace sorted = call.quantised.sorted.space(slots, hidden);
    quantise(queue, args.x, order.tokens, call.rounding, sorted);
    const TileCall tileCall{order,
                            reinterpret_cast<const MlpView *>(table.views.data()),
                            sorted.view(),
                            0,
                            call.rounding == InputRounding::E4m3PowerOfTwo,
                            call.quantised.inner.space(slots, table.width),
                            call.scratch.outputs.as<float>().data()};
    if (tile == leastTile)
        startTiles<leastTile>(queue, tileCall, tiles, table.width, hidden);
    else
        startTiles<largestTile>(queue, tileCall, tiles, table.width, hidden);
    launch(queue, addSortedKernel, dim3(blocksFor(hidden, 256), static_cast<unsigned>(tokens)), dim3(256),
           tileCall.outputs, order.places, args.weights, args.routeStride, args.topK, hidden, viewOf(args.out));
}

std::size_t orderBytes(int slots, int experts)
{
    return static_cast<std::size_t>(experts + 1 + 2 * slots + 2 * ExpertOrder::maxTiles(slots, experts, leastTile)) *
           sizeof(int);
}

} // namespace engine::backend::cuda
