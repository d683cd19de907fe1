// Slots sorted by expert in one block: a warp counts those of a run of slots, the counts become places, and the warp
// goes over its run again. Lanes of a warp that have the same expert are ranked by their number.

#include "engine/backend/cuda/detail/expert_groups.cuh"

#include "engine/backend/cuda/detail/earlier.cuh"
#include "engine/backend/cuda/detail/route.h"
#include "engine/backend/cuda/detail/warp.cuh"

#include <bit>

namespace engine::backend::cuda {

namespace {

constexpr int groupWarps = 32;
constexpr int groupThreads = groupWarps * warpSize32;

struct GroupMemory {
    std::uint16_t counts[groupWarps][maxExperts]; ///< then: those of the warps before
    int totals[maxExperts];
    int firsts[maxExperts]; ///< place
    int firstTiles[maxExperts];
};

/// Lanes that have the same value.
__device__ inline unsigned lanesWith(int value)
{
#ifdef __CUDACC__
    return __match_any_sync(wholeWarp, value);
#else
    return emulator::matchAny(value);
#endif
}

__device__ inline int bitsOf(unsigned word)
{
#ifdef __CUDACC__
    return __popc(word);
#else
    return std::popcount(word);
#endif
}

/// body(slot, expert, how many lanes before this one have that expert, how many in all) by all lanes of a warp; those
/// without a slot have expert −1.
template <typename Body>
__device__ inline void forEachSlot(const RouteView &routes, const Body &body)
{
    const int slots = routes.tokens * routes.topK;
    const int run = (slots + groupThreads - 1) / groupThreads * warpSize32;
    const int warp = static_cast<int>(threadIdx.x) / warpSize32;
    const int lane = static_cast<int>(threadIdx.x) % warpSize32;
    const int end = min((warp + 1) * run, slots);
    for (int base = warp * run; base < end; base += warpSize32) {
        const int slot = base + lane;
        const int expert =
            slot < end ? static_cast<int>(routes.ids[static_cast<std::size_t>(slot / routes.topK) * routes.stride +
                                                     static_cast<std::size_t>(slot % routes.topK)])
                       : -1;
        const unsigned same = lanesWith(expert);
        body(slot, expert, bitsOf(same & ((1U << lane) - 1U)), bitsOf(same));
        __syncwarp(); // the next turn reads what this one has counted
    }
}

/// Of every expert: totals, and counts that become those of the warps before.
__device__ inline void addWarps(int experts, GroupMemory &memory)
{
    const auto expert = static_cast<int>(threadIdx.x);
    if (expert >= experts)
        return;
    int total = 0;
    for (auto &counts : memory.counts) {
        const int count = counts[expert];
        counts[expert] = static_cast<std::uint16_t>(total);
        total += count;
    }
    memory.totals[expert] = total;
}

/// By one warp, a lane some neighbouring experts.
__device__ inline void placeExperts(int experts, int tileTokens, GroupMemory &memory)
{
    constexpr int each = maxExperts / warpSize32;
    const auto lane = static_cast<int>(threadIdx.x);
    const int begin = lane * each;
    const int end = min(begin + each, experts);
    const auto tilesOf = [&](int expert) { return (memory.totals[expert] + tileTokens - 1) / tileTokens; };
    int slots = 0;
    int tiles = 0;
    for (int e = begin; e < end; ++e) {
        slots += memory.totals[e];
        tiles += tilesOf(e);
    }
    int slot = 0;
    int tile = 0;
    for (int other = 0; other < warpSize32; ++other) {
        const int otherSlots = __shfl_sync(wholeWarp, slots, other);
        const int otherTiles = __shfl_sync(wholeWarp, tiles, other);
        slot += other < lane ? otherSlots : 0;
        tile += other < lane ? otherTiles : 0;
    }
    for (int e = begin; e < end; ++e) {
        memory.firsts[e] = slot;
        memory.firstTiles[e] = tile;
        slot += memory.totals[e];
        tile += tilesOf(e);
    }
}

__device__ inline void writeOffsets(int experts, const GroupMemory &memory, int *offsets)
{
    const auto expert = static_cast<int>(threadIdx.x);
    if (offsets == nullptr || expert >= experts)
        return;
    offsets[expert] = memory.firsts[expert];
    if (expert == experts - 1)
        offsets[experts] = memory.firsts[expert] + memory.totals[expert];
}

__device__ inline void writeTiles(int experts, int tileTokens, const GroupMemory &memory, const TileGroups &tiles)
{
    const auto expert = static_cast<int>(threadIdx.x);
    const auto tilesOf = [&](int e) { return (memory.totals[e] + tileTokens - 1) / tileTokens; };
    const int used = memory.firstTiles[experts - 1] + tilesOf(experts - 1);
    for (int tile = used + expert; tile < tiles.tiles; tile += groupThreads)
        tiles.tileExpert[tile] = -1;
    if (expert >= experts)
        return;
    for (int i = 0; i < tilesOf(expert); ++i) {
        const int tile = memory.firstTiles[expert] + i;
        tiles.tileExpert[tile] = expert;
        tiles.tileFirst[tile] = memory.firsts[expert] + i * tileTokens;
        tiles.tileCount[tile] = min(tileTokens, memory.totals[expert] - i * tileTokens);
    }
}

/// One block.
__global__ void __launch_bounds__(groupThreads)
    groupKernel(RouteView routes, int experts, int tileTokens, ExpertGroups groups)
{
    waitForEarlier();
    __shared__ GroupMemory memory;
    const int warp = static_cast<int>(threadIdx.x) / warpSize32;
    for (int e = static_cast<int>(threadIdx.x) % warpSize32; e < experts; e += warpSize32)
        memory.counts[warp][e] = 0;
    __syncwarp();
    const auto count = [&](int expert, int before, int all) {
        if (expert >= 0 && before == 0)
            memory.counts[warp][expert] = static_cast<std::uint16_t>(memory.counts[warp][expert] + all);
    };
    forEachSlot(routes, [&](int, int expert, int before, int all) { count(expert, before, all); });
    __syncthreads();
    addWarps(experts, memory);
    __syncthreads();
    if (warp == 0)
        placeExperts(experts, tileTokens, memory);
    __syncthreads();
    forEachSlot(routes, [&](int slot, int expert, int before, int all) {
        if (expert >= 0) {
            const int place = memory.firsts[expert] + memory.counts[warp][expert] + before;
            groups.tiles.tokens[place] = slot / routes.topK;
            groups.places[slot] = place;
        }
        __syncwarp();
        count(expert, before, all);
    });
    writeOffsets(experts, memory, groups.offsets);
    writeTiles(experts, tileTokens, memory, groups.tiles);
}

} // namespace

void groupByExpert(Queue &queue, const RouteView &routes, int experts, int tileTokens, const ExpertGroups &groups)
{
    launch(queue, groupKernel, dim3(1), dim3(groupThreads), routes, experts, tileTokens, groups);
}

} // namespace engine::backend::cuda
