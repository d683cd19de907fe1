// linear() for many tokens, on tensor cores.

#include "engine/backend/cuda/detail/linear.h"
#include "engine/backend/cuda/detail/rows.h"
#include "engine/backend/cuda/detail/tiles.h"

#include <algorithm>

namespace engine::backend::cuda {

namespace {

constexpr int tileScaleCols = 64;
constexpr int tileScaleRows = 16;

} // namespace

bool canTile(const Matrix &weight)
{
    // A tile adds up the 64 columns of a stage before it looks at the scale, and 16 rows share one.
    const bool fp8 = weight.dtype == memory::DType::F8_E4M3;
    const bool colsFit = weight.blockCols == 2 * tileScaleCols || weight.blockCols == tileScaleCols;
    const bool scaleFits = weight.scale == nullptr || (fp8 && colsFit && weight.blockRows % tileScaleRows == 0);
    return hasTiles(weight.dtype) && scaleFits && hasWideRows(weight);
}

bool canTile(const ConstRows &x, const Matrix &weight)
{
    return canTile(weight) && hasWideInputs(x);
}

void tiledProduct(Queue &queue, const RoundedRows &x, const Matrix &weight, const Rows &out, bool accumulate,
                  LinearScratch &scratch)
{
    if (scratch.library.isWanted(x.rows) &&
        scratch.library.multiply(queue, {x.data, x.stride, nullptr, x.rows, weight, out, accumulate}))
        return;
    TileJob job;
    job.x = x.data;
    job.stride = x.stride;
    job.tokens = x.rows;
    job.only.down = viewOf(weight);
    job.dtype = weight.dtype;
    job.rows = weight.rows;
    ProductOut to;
    to.rows = viewOf(out);
    to.bias = viewOf(weight.bias);
    to.accumulate = accumulate;
    to.paired = to.bias.data == nullptr && weight.rows % 2 == 0 && out.stride % 2 == 0 &&
                reinterpret_cast<std::uintptr_t>(out.data) % sizeof(float2) == 0;
    productTiles(queue, job, to, tileSizeFor(x.rows, weight.rows, scratch.device), scratch.device);
}

void tiledLinear(Queue &queue, const ConstRows &x, std::span<const Product> products, bool accumulate,
                 LinearScratch &scratch)
{
    const std::size_t room = scratch.rounded.size() / sizeof(std::uint16_t) / roundedStride(x.width);
    if (room == 0) {
        for (const Product &product : products)
            exactLinear(queue, x, *product.weight, product.out, accumulate);
        return;
    }
    const int most = static_cast<int>(std::min(room, static_cast<std::size_t>(x.rows)));
    for (int first = 0; first < x.rows; first += most) {
        const int rows = std::min(most, x.rows - first);
        const RoundedRows rounded = roundToBf16(queue, {x.row(first), rows, x.width, x.stride}, scratch.roundedRows());
        for (const Product &product : products)
            tiledProduct(queue, rounded, *product.weight,
                         {product.out.row(first), rows, product.out.width, product.out.stride}, accumulate, scratch);
    }
}

void LinearScratch::reserve(const WorkspaceShape &shape, memory::MemorySpace &memory)
{
    library.reserve(memory);
    const int attention = shape.heads * std::max(shape.valueWidth, shape.headWidth);
    const int widest = std::max({shape.hidden, attention, shape.mlpWidth});
    const std::size_t needed = static_cast<std::size_t>(shape.tokens) * roundedStride(widest) * sizeof(std::uint16_t);
    if (needed > rounded.size())
        rounded = memory.allocate(needed);
}

} // namespace engine::backend::cuda
