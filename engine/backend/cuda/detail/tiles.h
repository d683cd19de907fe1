#pragma once
// Matrix products through tiles, for one weight or for the experts of a layer; see tile.cuh. Host side.

#include "engine/backend/cuda/detail/attention.h"
#include "engine/backend/cuda/detail/expert_table.h"
#include "engine/backend/cuda/detail/launch.h"
#include "engine/backend/cuda/detail/rounded.h"
#include "engine/backend/cuda/detail/rows.h"

namespace engine::backend::cuda {

/// Tokens by rows of a tile. Not every format has all: another has as many tokens, or 64 instead of 32.
enum class TileSize {
    Few,    ///< 32 x 128
    Narrow, ///< 64 x 64
    Some,   ///< 64 x 128
    Many,   ///< 128 x 128
    Wide,   ///< 128 x 256
};
int tokensOf(TileSize size);

/// Which tokens an expert has, for those tiles that are there. A slot is a (token, rank) pair; slots are ordered by
/// expert, then by token, which is their place.
struct TileGroups {
    int *tokens = nullptr;     ///< [places]
    int *tileExpert = nullptr; ///< [tiles]; −1: no tile; null: no experts
    int *tileFirst = nullptr;  ///< place
    int *tileCount = nullptr;
    int tiles = 0;
};

enum class MlpPart { Gate, Up, Down };

/// What both kernels are told.
struct TileJob {
    const std::uint16_t *x = nullptr; ///< rounded rows
    std::size_t stride = 0;
    int tokens = 0; ///< without groups
    TileGroups groups;
    bool gather = false;                       ///< x has a row for each token, else for each place
    const MlpView *table = nullptr;            ///< with groups
    MlpView only;                              ///< without; of productTiles() the matrix is `down`
    MlpPart part = MlpPart::Down;              ///< of productTiles()
    memory::DType dtype = memory::DType::BF16; ///< experts of other types are left to other launches
    int rows = 0;                              ///< of the weight
    int rowTiles = 0;                          ///< set by the launch, as the rest
    int tokenTiles = 0;
    int tilesTogether = 1; ///< token tiles that go through the weight side by side, so that it is read once
    int stages = 2;
};

/// Where a product goes.
struct ProductOut {
    RowsView rows;
    VectorView bias;
    bool accumulate = false;
    bool paired = false; ///< two numbers at once can be written: even addresses, no bias
};

/// Whether there are tiles for weights of that type.
bool hasTiles(memory::DType dtype);
/// Of a tile for a weight of that type, at least.
int leastTileTokens(memory::DType dtype);
/// The one that keeps the device busiest.
TileSize tileSizeFor(int tokens, int rows, const DeviceLimits &device);

/// out = weight · x
void productTiles(Queue &queue, const TileJob &job, const ProductOut &out, TileSize size, const DeviceLimits &device);
/// hidden [places, rows] = SiLU(gate · x) ⊙ up · x, rounded; both of one type
void gateUpTiles(Queue &queue, const TileJob &job, std::uint16_t *hidden, TileSize size, const DeviceLimits &device);

} // namespace engine::backend::cuda
