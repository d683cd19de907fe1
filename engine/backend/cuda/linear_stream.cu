// linear() for up to 32 tokens, at the speed of memory.

#include "engine/backend/cuda/detail/earlier.cuh"
#include "engine/backend/cuda/detail/linear.h"
#include "engine/backend/cuda/detail/stream.cuh"

#include <algorithm>

namespace engine::backend::cuda {

namespace {

constexpr int streamWarps = 8;

struct StreamCall {
    WeightView weight;
    ConstRowsView x;
    int tokens = 0;
    VectorView bias;
    RowsView out;
    bool accumulate = false;
    unsigned firstBlock = 0;      ///< of the grid's row blocks
    int splitCols = 0;            ///< columns of one block
    float *partials = nullptr;    ///< [splits, tokens, rows]
    unsigned *counters = nullptr; ///< [row blocks]

    __device__ float &partial(int split, int token, int row) const
    {
        return partials[static_cast<std::size_t>(split * tokens + token) * static_cast<std::size_t>(weight.rows) +
                        static_cast<std::size_t>(row)];
    }
    __device__ void write(int row, int token, float total) const
    {
        float &to = out.row(token)[row];
        to = (accumulate ? to : 0.0F) + total + (bias.data == nullptr ? 0.0F : bias.at(row));
    }
};

/// Up to maxGroup products of the same inputs and columns.
struct StreamCalls {
    StreamCall calls[maxGroup];
    int count = 1;

    /// The one a block works on.
    __device__ const StreamCall &of(unsigned block) const
    {
        int index = 0;
        for (int i = 1; i < static_cast<int>(maxGroup); ++i)
            index += i < count && block >= calls[i].firstBlock ? 1 : 0;
        return calls[index];
    }
};

/// Grid [row blocks, splits]. The block that is last adds up what all have found, in the order of the columns.
template <class Plan>
__global__ void __launch_bounds__(Plan::threads) streamKernel(const __grid_constant__ StreamCalls calls)
{
    waitForEarlier();
    __shared__ StreamMemory<Plan> memory;
    const StreamCall &call = calls.of(blockIdx.x);
    const int firstRow = static_cast<int>(blockIdx.x - call.firstBlock) * Plan::rows;
    const int split = static_cast<int>(blockIdx.y);
    const int splits = static_cast<int>(gridDim.y);
    const int beginCol = split * call.splitCols;
    const WeightView *const weights[1] = {&call.weight};
    float totals[1][Plan::tiles][4] = {};
    streamDot<Plan>(
        weights, firstRow, beginCol, min(beginCol + call.splitCols, call.weight.cols),
        [&](int token) { return call.x.row(token); }, call.tokens, memory, totals);
    if (splits == 1) {
        forEachStreamTotal<Plan>(firstRow, call.weight.rows, call.tokens, [&](int row, int token, int tile, int i) {
            call.write(row, token, totals[0][tile][i]);
        });
        return;
    }
    forEachStreamTotal<Plan>(firstRow, call.weight.rows, call.tokens, [&](int row, int token, int tile, int i) {
        call.partial(split, token, row) = totals[0][tile][i];
    });
    if (!isLastBlock(call.counters + blockIdx.x, splits))
        return;
    forEachStreamTotal<Plan>(firstRow, call.weight.rows, call.tokens, [&](int row, int token, int, int) {
        call.write(row, token, sumInOrder(splits, [&](int s) { return __ldcg(&call.partial(s, token, row)); }));
    });
}

/// Columns for one block, so that there are about two blocks for each multiprocessor. Depends on the shape of the
/// weights only: what a token gets must not depend on how many there are.
int splitColsOf(int rowBlocks, int cols, int units)
{
    const int groups = static_cast<int>(blocksFor(cols, scaleGroup));
    const int splits = std::clamp(2 * units / rowBlocks, 1, groups);
    return static_cast<int>(blocksFor(groups, splits)) * scaleGroup;
}

template <class Format, int tiles, int passes>
void start(Queue &queue, const StreamCalls &calls, unsigned rowBlocks)
{
    using Plan = StreamPlan<Format, tiles, passes, 1, streamWarps>;
    const StreamCall &first = calls.calls[0];
    launch(queue, streamKernel<Plan>, dim3(rowBlocks, blocksFor(first.weight.cols, first.splitCols)),
           dim3(Plan::threads), calls);
}

void startAll(Queue &queue, StreamCalls calls, memory::DType dtype, LinearScratch &scratch)
{
    unsigned rowBlocks = 0;
    for (int i = 0; i < calls.count; ++i) {
        calls.calls[i].firstBlock = rowBlocks;
        rowBlocks += blocksFor(calls.calls[i].weight.rows, streamWarps * 16);
    }
    const int cols = calls.calls[0].weight.cols;
    const int splitCols = splitColsOf(static_cast<int>(rowBlocks), cols, scratch.device.units);
    const std::size_t splits = blocksFor(cols, splitCols);
    std::size_t done = 0;
    for (int i = 0; i < calls.count; ++i) {
        StreamCall &call = calls.calls[i];
        call.splitCols = splitCols;
        call.partials = scratch.partials.as<float>().data() + done;
        call.counters = scratch.counters.as<unsigned>().data();
        done += splits * static_cast<std::size_t>(call.tokens) * static_cast<std::size_t>(call.weight.rows);
    }
    const int tokens = calls.calls[0].tokens;
    withFormat(dtype, [&](auto format) {
        using Format = decltype(format);
        if constexpr (StreamFormat<Format>::known) {
            if (tokens <= maxExactTokens)
                start<Format, 1, StreamFormat<Format>::exactPasses>(queue, calls, rowBlocks);
            else if (tokens <= 16)
                start<Format, 2, 1>(queue, calls, rowBlocks);
            else
                start<Format, 4, 1>(queue, calls, rowBlocks);
        }
    });
}

StreamCall callOf(const ConstRows &x, const Matrix &weight, const Rows &out, bool accumulate)
{
    StreamCall call;
    call.weight = viewOf(weight);
    call.x = viewOf(x);
    call.tokens = x.rows;
    call.bias = viewOf(weight.bias);
    call.out = viewOf(out);
    call.accumulate = accumulate;
    return call;
}

} // namespace

bool canStream(const ConstRows &x, const Matrix &weight)
{
    const bool fp8 = weight.dtype == memory::DType::F8_E4M3;
    const bool known = fp8 || weight.dtype == memory::DType::BF16 || weight.dtype == memory::DType::F16;
    const bool scaleFits = weight.scale == nullptr || (fp8 && weight.blockCols == scaleGroup);
    return known && scaleFits && hasWideRows(weight) && hasWideInputs(x);
}

bool canStream(const ConstRows &x, std::span<const Product> products)
{
    const auto fits = [&](const Product &product) {
        const Matrix &first = *products.front().weight;
        return product.weight->dtype == first.dtype && product.weight->cols == first.cols &&
               canStream(x, *product.weight);
    };
    return !products.empty() && products.size() <= maxGroup && std::ranges::all_of(products, fits);
}

void streamLinear(Queue &queue, const ConstRows &x, const Matrix &weight, const Rows &out, bool accumulate,
                  LinearScratch &scratch)
{
    StreamCalls calls;
    calls.calls[0] = callOf(x, weight, out, accumulate);
    startAll(queue, calls, weight.dtype, scratch);
}

void streamGroup(Queue &queue, const ConstRows &x, std::span<const Product> products, LinearScratch &scratch)
{
    StreamCalls calls;
    calls.count = 0;
    for (const Product &product : products)
        calls.calls[calls.count++] = callOf(x, *product.weight, product.out, false);
    startAll(queue, calls, products.front().weight->dtype, scratch);
}

void LinearScratch::reserve(memory::MemorySpace &memory, const DeviceLimits &limits)
{
    constexpr std::size_t someInputs = std::size_t{1} << 20;
    device = limits;
    rounded = memory.allocate(someInputs);
    const auto blocks = static_cast<std::size_t>(2 * device.units);
    partials = memory.allocate(blocks * streamWarps * 16 * maxStreamTokens * sizeof(float));
    zeros.assign(blocks, 0);
    counters = memory.allocate(blocks * sizeof(unsigned));
    memory.upload(counters.data(), zeros.data(), blocks * sizeof(unsigned));
}

} // namespace engine::backend::cuda
