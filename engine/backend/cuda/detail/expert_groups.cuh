#pragma once
// The tokens of each expert, put together: slots, which are (token, rank) pairs, sorted by expert, then by token.

#include "engine/backend/cuda/detail/launch.h"
#include "engine/backend/cuda/detail/tiles.h"

#include <algorithm>
#include <cstdint>

namespace engine::backend::cuda {

/// Where that is kept.
struct ExpertGroups {
    TileGroups tiles;
    int *places = nullptr;  ///< [slots]: what became of slot token · topK + rank
    int *offsets = nullptr; ///< [experts + 1]: the first place of each expert, and the end; null: not wanted

    /// At most: every expert that is chosen may have a tile that is not full.
    static int maxTiles(int slots, int experts, int tileTokens)
    {
        return slots / tileTokens + std::min(experts, slots);
    }
    static std::size_t bytes(int slots, int experts)
    {
        return (2 * static_cast<std::size_t>(slots) + 3 * static_cast<std::size_t>(maxTiles(slots, experts, 32))) *
               sizeof(int);
    }
    ExpertGroups(int *memory, int slots, int tileCount)
    {
        tiles.tokens = memory;
        places = memory + slots;
        tiles.tileExpert = places + slots;
        tiles.tileFirst = tiles.tileExpert + tileCount;
        tiles.tileCount = tiles.tileFirst + tileCount;
        tiles.tiles = tileCount;
    }
};

struct RouteView {
    const std::uint16_t *ids = nullptr; ///< token t, rank r: ids[t · stride + r]
    std::size_t stride = 0;
    int tokens = 0;
    int topK = 0;
};

/// One launch; the order does not depend on timing.
void groupByExpert(Queue &queue, const RouteView &routes, int experts, int tileTokens, const ExpertGroups &groups);

} // namespace engine::backend::cuda
