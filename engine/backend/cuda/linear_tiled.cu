// linear() for many tokens, on tensor cores.

#include "engine/backend/cuda/detail/earlier.cuh"
#include "engine/backend/cuda/detail/linear.h"
#include "engine/backend/cuda/detail/skinny.cuh"
#include "engine/backend/cuda/detail/tile.cuh"

namespace engine::backend::cuda {

namespace {

/// Grid [row tiles, token tiles].
template <class Format, int tokens>
__global__ void __launch_bounds__(tileThreads)
    tiledKernel(WeightView weight, ConstRowsView x, int tokenCount, VectorView bias, RowsView out, bool accumulate)
{
    waitForEarlier();
    __shared__ TileMemory<tokens> memory;
    const int firstRow = static_cast<int>(blockIdx.x) * tileRows;
    const int firstToken = static_cast<int>(blockIdx.y) * tokens;
    const TileInput input{x, nullptr, firstToken, min(tokens, tokenCount - firstToken)};
    float totals[tokens / 8][4] = {};
    tileDot<Format, tokens>(weight, firstRow, input, memory, totals);
    forEachTotal<tokens>(weight, firstRow, input.count, totals, [&](int row, int token, float total) {
        float &to = out.row(firstToken + token)[row];
        to = (accumulate ? to : 0.0F) + total + (bias.data == nullptr ? 0.0F : bias.at(row));
    });
}

template <class Format, int tokens>
void start(Queue &queue, const ConstRows &x, const Matrix &weight, const Rows &out, bool accumulate)
{
    launch(queue, tiledKernel<Format, tokens>, dim3(blocksFor(weight.rows, tileRows), blocksFor(x.rows, tokens)),
           dim3(tileThreads), viewOf(weight), viewOf(x), x.rows, viewOf(weight.bias), viewOf(out), accumulate);
}

} // namespace

bool canTile(const ConstRows &x, const Matrix &weight)
{
    const bool scaleFits = weight.scale == nullptr || weight.blockCols == tileCols;
    return weight.dtype != memory::DType::F32 && scaleFits && hasWideRows(weight) && hasWideInputs(x);
}

void tiledLinear(Queue &queue, const ConstRows &x, const Matrix &weight, const Rows &out, bool accumulate)
{
    const bool known = withAnyFormat(weight.dtype, [&](auto format) {
        using Format = decltype(format);
        if (x.rows > 32)
            start<Format, 64>(queue, x, weight, out, accumulate);
        else if (x.rows > 16)
            start<Format, 32>(queue, x, weight, out, accumulate);
        else
            start<Format, 16>(queue, x, weight, out, accumulate);
    });
    if (!known)
        queue.note(cudaErrorInvalidValue);
}

} // namespace engine::backend::cuda
