// linear() with rounded inputs: which way; and the way for up to 32 tokens, at the speed of memory.

#include "engine/backend/cuda/detail/earlier.cuh"
#include "engine/backend/cuda/detail/linear_quantised.h"
#include "engine/backend/cuda/detail/quantised_stream.cuh"

#include <algorithm>

namespace engine::backend::cuda {

namespace {

constexpr int streamWarps = 8;

struct QuantisedCall {
    WeightView weight;
    VectorView bias;
    RowsView out;
    unsigned firstBlock = 0;   ///< of the grid's row blocks
    float *partials = nullptr; ///< [splits, tokens, rows]
};

/// Up to maxGroup products of the same inputs and columns.
struct QuantisedCalls {
    QuantisedRows x;
    QuantisedCall calls[maxGroup];
    int count = 0;
    bool accumulate = false;
    int splitCols = 0; ///< columns of one block
    unsigned *counters = nullptr;

    __device__ const QuantisedCall &of(unsigned block) const
    {
        int index = 0;
        for (int i = 1; i < static_cast<int>(maxGroup); ++i)
            index += i < count && block >= calls[i].firstBlock ? 1 : 0;
        return calls[index];
    }
    __device__ float &partial(const QuantisedCall &call, int split, int token, int row) const
    {
        return call
            .partials[static_cast<std::size_t>(split * x.rows + token) * static_cast<std::size_t>(call.weight.rows) +
                      static_cast<std::size_t>(row)];
    }
    __device__ void write(const QuantisedCall &call, int row, int token, float total) const
    {
        float &to = call.out.row(token)[row];
        to = (accumulate ? to : 0.0F) + total + (call.bias.data == nullptr ? 0.0F : call.bias.at(row));
    }
};

/// Grid [row blocks, splits]. The block that is last adds up what all have found, in the order of the columns.
template <class Plan>
__global__ void __launch_bounds__(Plan::threads) quantisedStreamKernel(const __grid_constant__ QuantisedCalls calls)
{
    waitForEarlier();
    __shared__ QuantisedMemoryBlock<Plan> memory;
    const QuantisedCall &call = calls.of(blockIdx.x);
    const int firstRow = static_cast<int>(blockIdx.x - call.firstBlock) * Plan::rows;
    const int split = static_cast<int>(blockIdx.y);
    const int splits = static_cast<int>(gridDim.y);
    const int beginCol = split * calls.splitCols;
    const WeightView *const weights[1] = {&call.weight};
    float totals[1][Plan::tiles][4] = {};
    quantisedDot<Plan>(weights, firstRow, beginCol, min(beginCol + calls.splitCols, call.weight.cols), calls.x, 0,
                       calls.x.rows, memory, totals);
    if (splits == 1) {
        forEachStreamTotal<Plan>(firstRow, call.weight.rows, calls.x.rows, [&](int row, int token, int tile, int i) {
            calls.write(call, row, token, totals[0][tile][i]);
        });
        return;
    }
    forEachStreamTotal<Plan>(firstRow, call.weight.rows, calls.x.rows, [&](int row, int token, int tile, int i) {
        calls.partial(call, split, token, row) = totals[0][tile][i];
    });
    if (!isLastBlock(calls.counters + blockIdx.x, splits))
        return;
    forEachStreamTotal<Plan>(firstRow, call.weight.rows, calls.x.rows, [&](int row, int token, int, int) {
        float total = 0.0F;
#pragma unroll 1
        for (int s = 0; s < splits; ++s)
            total += __ldcg(&calls.partial(call, s, token, row));
        calls.write(call, row, token, total);
    });
}

template <int tiles, bool codes>
void start(Queue &queue, const QuantisedCalls &calls, unsigned rowBlocks)
{
    using Plan = QuantisedPlan<tiles, 1, streamWarps, codes>;
    launch(queue, quantisedStreamKernel<Plan>, dim3(rowBlocks, blocksFor(calls.calls[0].weight.cols, calls.splitCols)),
           dim3(Plan::threads), calls);
}

template <bool codes>
void startAny(Queue &queue, const QuantisedCalls &calls, unsigned rowBlocks)
{
    if (calls.x.rows <= 8)
        start<1, codes>(queue, calls, rowBlocks);
    else if (calls.x.rows <= 16)
        start<2, codes>(queue, calls, rowBlocks);
    else
        start<4, codes>(queue, calls, rowBlocks);
}

/// For about two blocks for each multiprocessor; depends on the shape of the weights only, as what a token gets must
/// not depend on how many there are.
int splitColsOf(int rowBlocks, int cols, int units)
{
    const int groups = static_cast<int>(blocksFor(cols, scaleGroup));
    const int splits = std::clamp(2 * units / rowBlocks, 1, groups);
    return static_cast<int>(blocksFor(groups, splits)) * scaleGroup;
}

/// Its scales of one block of columns lie as many apart as there are tokens.
bool byLibrary(Queue &queue, const QuantisedRows &x, const Product &product, bool accumulate, LinearScratch &scratch)
{
    return x.scaleStride == x.rows &&
           scratch.library.multiply(queue, {x.values, static_cast<std::size_t>(x.width), x.scales, x.rows,
                                            *product.weight, product.out, accumulate});
}

bool areAlike(std::span<const Product> products)
{
    return products.size() <= maxGroup && std::ranges::all_of(products, [&](const Product &product) {
               return product.weight->cols == products.front().weight->cols && canMultiplyQuantised(*product.weight);
           });
}

} // namespace

bool canMultiplyQuantised(const Matrix &weight)
{
    return weight.dtype == memory::DType::F8_E4M3 && hasWideRows(weight) &&
           (weight.scale == nullptr || weight.blockCols == scaleGroup);
}

void streamQuantised(Queue &queue, const QuantisedRows &x, std::span<const Product> products, bool accumulate,
                     LinearScratch &scratch)
{
    QuantisedCalls calls;
    calls.x = x;
    calls.accumulate = accumulate;
    calls.counters = scratch.counters.as<unsigned>().data();
    unsigned rowBlocks = 0;
    for (const Product &product : products) {
        calls.calls[calls.count++] = {viewOf(*product.weight), viewOf(product.weight->bias), viewOf(product.out),
                                      rowBlocks, nullptr};
        rowBlocks += blocksFor(product.weight->rows, streamWarps * 16);
    }
    const int cols = products.front().weight->cols;
    calls.splitCols = splitColsOf(static_cast<int>(rowBlocks), cols, scratch.device.units);
    std::size_t done = 0;
    for (int i = 0; i < calls.count; ++i) {
        calls.calls[i].partials = scratch.partials.as<float>().data() + done;
        done += std::size_t{blocksFor(cols, calls.splitCols)} * static_cast<std::size_t>(x.rows) *
                static_cast<std::size_t>(calls.calls[i].weight.rows);
    }
    if (scratch.device.multipliesE4m3)
        startAny<true>(queue, calls, rowBlocks);
    else
        startAny<false>(queue, calls, rowBlocks);
}

void linearQuantised(Queue &queue, const Fp8Device &fp8, const QuantisedRows &x, std::span<const Product> products,
                     bool accumulate, LinearScratch &scratch)
{
    if (x.rows <= maxStreamTokens && areAlike(products)) {
        streamQuantised(queue, x, products, accumulate, scratch);
        return;
    }
    for (const Product &product : products) {
        if (!canMultiplyQuantised(*product.weight))
            plainQuantised(queue, x, *product.weight, product.out, accumulate);
        else if (x.rows <= maxStreamTokens)
            streamQuantised(queue, x, {&product, 1}, accumulate, scratch);
        else if (scratch.library.isWantedForFp8(x.rows) && byLibrary(queue, x, product, accumulate, scratch))
            continue;
        else if (canMultiplyFp8(fp8, x, *product.weight, product.out))
            multiplyFp8(queue, fp8, x, *product.weight, product.out, accumulate);
        else
            tiledQuantised(queue, x, *product.weight, product.out, accumulate);
    }
}

} // namespace engine::backend::cuda
