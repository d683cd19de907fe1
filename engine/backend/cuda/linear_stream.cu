// linear() for up to 32 tokens, at the speed of memory.

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

/// Grid [row blocks, splits]. The block that is last adds up what all have found, in the order of the columns.
template <class Plan>
__global__ void __launch_bounds__(Plan::threads) streamKernel(StreamCall call)
{
    __shared__ StreamMemory<Plan> memory;
    const int firstRow = static_cast<int>(blockIdx.x) * Plan::rows;
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
        float total = 0.0F;
#pragma unroll 1
        for (int s = 0; s < splits; ++s)
            total += __ldcg(&call.partial(s, token, row));
        call.write(row, token, total);
    });
}

/// Columns for one block, so that there are about two blocks for each multiprocessor. Depends on the shape of the
/// weight only: what a token gets must not depend on how many there are.
int splitColsOf(const Matrix &weight, int units)
{
    const int rowBlocks = static_cast<int>(blocksFor(weight.rows, streamWarps * 16));
    const int groups = static_cast<int>(blocksFor(weight.cols, scaleGroup));
    const int splits = std::clamp(2 * units / rowBlocks, 1, groups);
    return static_cast<int>(blocksFor(groups, splits)) * scaleGroup;
}

template <class Format, int tiles, int passes>
void start(Queue &queue, const StreamCall &call)
{
    using Plan = StreamPlan<Format, tiles, passes, 1, streamWarps>;
    launch(queue, streamKernel<Plan>,
           dim3(blocksFor(call.weight.rows, Plan::rows), blocksFor(call.weight.cols, call.splitCols)),
           dim3(Plan::threads), call);
}

} // namespace

bool canStream(const ConstRows &x, const Matrix &weight)
{
    const bool fp8 = weight.dtype == memory::DType::F8_E4M3;
    const bool known = fp8 || weight.dtype == memory::DType::BF16 || weight.dtype == memory::DType::F16;
    const bool scaleFits = weight.scale == nullptr || (fp8 && weight.blockCols == scaleGroup);
    return known && scaleFits && hasWideRows(weight) && hasWideInputs(x);
}

void streamLinear(Queue &queue, const ConstRows &x, const Matrix &weight, const Rows &out, bool accumulate,
                  LinearScratch &scratch)
{
    StreamCall call{viewOf(weight), viewOf(x), x.rows, viewOf(weight.bias), viewOf(out), accumulate};
    call.splitCols = splitColsOf(weight, scratch.units);
    call.partials = scratch.partials.as<float>().data();
    call.counters = scratch.counters.as<unsigned>().data();
    withFormat(weight.dtype, [&](auto format) {
        using Format = decltype(format);
        if constexpr (StreamFormat<Format>::known) {
            if (x.rows <= maxExactTokens)
                start<Format, 1, StreamFormat<Format>::exactPasses>(queue, call);
            else if (x.rows <= 16)
                start<Format, 2, 1>(queue, call);
            else
                start<Format, 4, 1>(queue, call);
        }
    });
}

void LinearScratch::reserve(memory::MemorySpace &memory, int multiprocessors)
{
    units = multiprocessors;
    const auto blocks = static_cast<std::size_t>(2 * units);
    partials = memory.allocate(blocks * streamWarps * 16 * maxStreamTokens * sizeof(float));
    zeros.assign(blocks, 0);
    counters = memory.allocate(blocks * sizeof(unsigned));
    memory.upload(counters.data(), zeros.data(), blocks * sizeof(unsigned));
}

} // namespace engine::backend::cuda
