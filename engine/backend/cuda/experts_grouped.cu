// expertFfn() for many tokens: the tokens of an expert are gathered and go through its weights together, on tensor
// cores. A slot is one (token, rank) pair: slot = token · topK + rank.

#include "engine/backend/cuda/detail/earlier.cuh"
#include "engine/backend/cuda/detail/experts.h"
#include "engine/backend/cuda/detail/linear.h"
#include "engine/backend/cuda/detail/route.h"
#include "engine/backend/cuda/detail/silu.cuh"
#include "engine/backend/cuda/detail/tile.cuh"

#include <algorithm>

namespace engine::backend::cuda {

namespace {

constexpr int tileTokens = 32;
constexpr int groupThreads = maxExperts;

/// The slots ordered by expert, then by token, cut into tiles of up to tileTokens slots of one expert.
struct Groups {
    int *slots = nullptr;      ///< [slots]
    int *tokens = nullptr;     ///< [slots]: of the same slots
    int *tileExpert = nullptr; ///< [maxTiles]; −1: no tile
    int *tileFirst = nullptr;  ///< index into slots
    int *tileCount = nullptr;

    static int maxTiles(int slotCount, int experts) { return slotCount / tileTokens + std::min(experts, slotCount); }
    static std::size_t bytes(int slotCount, int experts)
    {
        return (2 * static_cast<std::size_t>(slotCount) + 3 * static_cast<std::size_t>(maxTiles(slotCount, experts))) *
               sizeof(int);
    }
    Groups(int *memory, int slotCount, int tiles)
        : slots(memory), tokens(slots + slotCount), tileExpert(tokens + slotCount), tileFirst(tileExpert + tiles),
          tileCount(tileFirst + tiles)
    {
    }
};

struct GroupMemory {
    int counts[maxExperts];
    int firsts[maxExperts];
    int firstTiles[maxExperts];
    int tiles;
};

__device__ inline void placeGroups(int experts, GroupMemory &memory)
{
    int first = 0;
    int tile = 0;
    for (int e = 0; e < experts; ++e) {
        memory.firsts[e] = first;
        memory.firstTiles[e] = tile;
        first += memory.counts[e];
        tile += (memory.counts[e] + tileTokens - 1) / tileTokens;
    }
    memory.tiles = tile;
}

/// One block; thread e looks after expert e, so the order does not depend on timing.
__global__ void groupKernel(const std::uint16_t *ids, std::size_t routeStride, int tokens, int topK, int experts,
                            int maxTiles, Groups groups)
{
    waitForEarlier();
    __shared__ GroupMemory memory;
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
        placeGroups(experts, memory);
    __syncthreads();
    for (int tile = memory.tiles + expert; tile < maxTiles; tile += groupThreads)
        groups.tileExpert[tile] = -1;
    if (expert >= experts)
        return;
    int next = memory.firsts[expert];
    for (int slot = 0; slot < tokens * topK; ++slot) {
        if (idOf(slot) != expert)
            continue;
        groups.slots[next] = slot;
        groups.tokens[next] = slot / topK;
        ++next;
    }
    for (int i = 0; i * tileTokens < count; ++i) {
        const int tile = memory.firstTiles[expert] + i;
        groups.tileExpert[tile] = expert;
        groups.tileFirst[tile] = memory.firsts[expert] + i * tileTokens;
        groups.tileCount[tile] = min(tileTokens, count - i * tileTokens);
    }
}

struct GroupedCall {
    Groups groups;
    const MlpView *table = nullptr;
    ConstRowsView x;
    float *inner = nullptr;   ///< [slots, width]
    float *outputs = nullptr; ///< [slots, hidden]
    int width = 0;
    int hidden = 0;
};

/// inner[slot] ← SiLU(gate x) ⊙ up x. Grid [row tiles, tiles].
template <class Format>
__global__ void __launch_bounds__(tileThreads) gateUpTileKernel(GroupedCall call)
{
    waitForEarlier();
    __shared__ TileMemory<tileTokens> memory;
    const auto tile = static_cast<int>(blockIdx.y);
    const int expert = call.groups.tileExpert[tile];
    if (expert < 0)
        return;
    const MlpView &mlp = call.table[expert];
    const int firstRow = static_cast<int>(blockIdx.x) * tileRows;
    const int first = call.groups.tileFirst[tile];
    const TileInput input{call.x, call.groups.tokens + first, 0, call.groups.tileCount[tile]};
    float gate[tileTokens / 8][4] = {};
    float up[tileTokens / 8][4] = {};
    tileDot<Format, tileTokens>(mlp.gate, firstRow, input, memory, gate);
    tileDot<Format, tileTokens>(mlp.up, firstRow, input, memory, up);
#pragma unroll
    for (int n = 0; n < tileTokens / 8; ++n) {
#pragma unroll
        for (int i = 0; i < 4; ++i)
            gate[n][i] = silu(gate[n][i]) * up[n][i];
    }
    forEachTotal<tileTokens>(mlp.gate, firstRow, input.count, gate, [&](int row, int token, float value) {
        const int slot = call.groups.slots[first + token];
        call.inner[static_cast<std::size_t>(slot) * static_cast<std::size_t>(call.width) +
                   static_cast<std::size_t>(row)] = value;
    });
}

/// outputs[slot] ← down(inner[slot]). Grid [row tiles, tiles].
template <class Format>
__global__ void __launch_bounds__(tileThreads) downTileKernel(GroupedCall call)
{
    waitForEarlier();
    __shared__ TileMemory<tileTokens> memory;
    const auto tile = static_cast<int>(blockIdx.y);
    const int expert = call.groups.tileExpert[tile];
    if (expert < 0)
        return;
    const MlpView &mlp = call.table[expert];
    const int firstRow = static_cast<int>(blockIdx.x) * tileRows;
    const int first = call.groups.tileFirst[tile];
    const ConstRowsView inner{call.inner, static_cast<std::size_t>(call.width)};
    const TileInput input{inner, call.groups.slots + first, 0, call.groups.tileCount[tile]};
    float totals[tileTokens / 8][4] = {};
    tileDot<Format, tileTokens>(mlp.down, firstRow, input, memory, totals);
    forEachTotal<tileTokens>(mlp.down, firstRow, input.count, totals, [&](int row, int token, float value) {
        const int slot = call.groups.slots[first + token];
        call.outputs[static_cast<std::size_t>(slot) * static_cast<std::size_t>(call.hidden) +
                     static_cast<std::size_t>(row)] = value;
    });
}

/// out += Σ_rank weight · outputs, ranks in ascending order. Grid [hidden / threads, tokens].
__global__ void addOutputsKernel(const float *outputs, const float *weights, std::size_t routeStride, int topK,
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
        const auto slot = static_cast<std::size_t>(token * topK + rank);
        total = fmaf(weight, outputs[slot * static_cast<std::size_t>(hidden) + static_cast<std::size_t>(col)], total);
    }
    out.row(token)[col] += total;
}

} // namespace

void expertsGrouped(Queue &queue, const ExpertArgs &args, const ExpertTable &table, ExpertScratch &scratch)
{
    const int tokens = args.x.rows;
    const int slots = tokens * args.topK;
    const int tiles = Groups::maxTiles(slots, table.experts);
    const int hidden = args.x.width;
    const Groups groups(scratch.groups.as<int>().data(), slots, tiles);
    launch(queue, groupKernel, dim3(1), dim3(groupThreads), args.ids, args.routeStride, tokens, args.topK,
           table.experts, tiles, groups);
    const GroupedCall call{groups,
                           reinterpret_cast<const MlpView *>(table.views.data()),
                           viewOf(args.x),
                           scratch.inner.as<float>().data(),
                           scratch.outputs.as<float>().data(),
                           table.width,
                           hidden};
    const auto tileCount = static_cast<unsigned>(tiles);
    const bool known =
        withAnyFormat(table.gateType,
                      [&](auto format) {
                          launch(queue, gateUpTileKernel<decltype(format)>,
                                 dim3(blocksFor(table.width, tileRows), tileCount), dim3(tileThreads), call);
                      }) &&
        withAnyFormat(table.downType, [&](auto format) {
            launch(queue, downTileKernel<decltype(format)>, dim3(blocksFor(hidden, tileRows), tileCount),
                   dim3(tileThreads), call);
        });
    if (!known)
        queue.note(cudaErrorInvalidValue);
    launch(queue, addOutputsKernel, dim3(blocksFor(hidden, 256), static_cast<unsigned>(tokens)), dim3(256),
           call.outputs, args.weights, args.routeStride, args.topK, hidden, viewOf(args.out));
}

void ExpertScratch::reserve(const WorkspaceShape &shape, memory::MemorySpace &memory)
{
    const auto slots = static_cast<std::size_t>(shape.tokens) * static_cast<std::size_t>(shape.topK);
    const auto grow = [&](memory::Buffer &buffer, std::size_t bytes) {
        if (bytes > buffer.size())
            buffer = memory.allocate(bytes);
    };
    sharedFirst = std::max(sharedFirst, (slots * static_cast<std::size_t>(shape.expertWidth) + 3) / 4 * 4);
    // Gate and up of a dense MLP lie beside each other until they are multiplied.
    const std::size_t shared = 2 * static_cast<std::size_t>(shape.tokens) * static_cast<std::size_t>(shape.mlpWidth);
    grow(inner, (sharedFirst + shared) * sizeof(float));
    grow(outputs, slots * static_cast<std::size_t>(shape.hidden) * sizeof(float));
    const std::size_t blocks =
        static_cast<std::size_t>(maxTokensOneByOne) * static_cast<std::size_t>(shape.hidden / 16 + 1);
    if (blocks > zeros.size()) {
        zeros.assign(blocks, 0);
        counters = memory.allocate(blocks * sizeof(unsigned));
        memory.upload(counters.data(), zeros.data(), blocks * sizeof(unsigned));
    }
    grow(groups, Groups::bytes(static_cast<int>(slots), shape.experts));
}

} // namespace engine::backend::cuda
