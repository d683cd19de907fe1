// expertFfn() for few tokens at the speed of memory: every (token, expert) pair reads the expert's weights once, as
// batch-1 decoding must; a shared or dense MLP reads them once for all tokens.

#include "engine/backend/cuda/detail/earlier.cuh"
#include "engine/backend/cuda/detail/experts.h"
#include "engine/backend/cuda/detail/linear.h"
#include "engine/backend/cuda/detail/silu.cuh"
#include "engine/backend/cuda/detail/stream.cuh"

#include <algorithm>

namespace engine::backend::cuda {

namespace {

constexpr int expertWarps = 4;
constexpr int blockRows = expertWarps * 16;

struct PairCall {
    ConstRowsView x;
    int tokens = 1; ///< that go through the weights together: one with a table
    const MlpView *table = nullptr;
    MlpView only; ///< without a table
    const std::uint16_t *ids = nullptr;
    std::size_t routeStride = 0;
    int topK = 1;
    int width = 0;
    float *inner = nullptr; ///< [tokens · topK, width]
    int splitCols = 0;
    float *partials = nullptr; ///< [splits, 2, tokens, width]
    unsigned *counters = nullptr;

    __device__ const MlpView &mlpOf(int slot) const
    {
        return table == nullptr ? only
                                : table[ids[static_cast<std::size_t>(slot / topK) * routeStride +
                                            static_cast<std::size_t>(slot % topK)]];
    }
    __device__ float *innerOf(int slot) const
    {
        return inner + static_cast<std::size_t>(slot) * static_cast<std::size_t>(width);
    }
    __device__ float &partial(int split, int part, int token, int row) const
    {
        return partials[static_cast<std::size_t>((split * 2 + part) * tokens + token) *
                            static_cast<std::size_t>(width) +
                        static_cast<std::size_t>(row)];
    }
};

/// The sum of all splits, in their order.
__device__ inline float sumOfSplits(const PairCall &call, int part, int token, int row)
{
    return sumInOrder(static_cast<int>(gridDim.y),
                      [&](int split) { return __ldcg(&call.partial(split, part, token, row)); });
}

/// inner ← SiLU(gate x) ⊙ up x. Grid [row blocks, splits, slots or 1]; more than one split only without a table.
template <class Plan>
__global__ void __launch_bounds__(Plan::threads) gateUpStreamKernel(PairCall call)
{
    waitForEarlier();
    __shared__ StreamMemory<Plan> memory;
    const int firstRow = static_cast<int>(blockIdx.x) * Plan::rows;
    const int split = static_cast<int>(blockIdx.y);
    const int slot = static_cast<int>(blockIdx.z);
    const MlpView &mlp = call.mlpOf(slot);
    const WeightView *const weights[2] = {&mlp.gate, &mlp.up};
    const int beginCol = split * call.splitCols;
    float totals[2][Plan::tiles][4] = {};
    streamDot<Plan>(
        weights, firstRow, beginCol, min(beginCol + call.splitCols, mlp.gate.cols),
        [&](int token) { return call.x.row(slot / call.topK + token); }, call.tokens, memory, totals);
    if (gridDim.y == 1) {
        forEachStreamTotal<Plan>(firstRow, call.width, call.tokens, [&](int row, int token, int tile, int i) {
            call.innerOf(slot + token)[row] = silu(totals[0][tile][i]) * totals[1][tile][i];
        });
        return;
    }
    forEachStreamTotal<Plan>(firstRow, call.width, call.tokens, [&](int row, int token, int tile, int i) {
        call.partial(split, 0, token, row) = totals[0][tile][i];
        call.partial(split, 1, token, row) = totals[1][tile][i];
    });
    if (!isLastBlock(call.counters + blockIdx.x, static_cast<int>(gridDim.y)))
        return;
    forEachStreamTotal<Plan>(firstRow, call.width, call.tokens, [&](int row, int token, int, int) {
        call.innerOf(token)[row] = silu(sumOfSplits(call, 0, token, row)) * sumOfSplits(call, 1, token, row);
    });
}

struct DownCall {
    PairCall pair;
    const float *weights = nullptr;
    float *outputs = nullptr; ///< [tokens · topK, hidden]: weighted
    int hidden = 0;
    RowsView out;

    __device__ float &output(int slot, int row) const
    {
        return outputs[static_cast<std::size_t>(slot) * static_cast<std::size_t>(hidden) +
                       static_cast<std::size_t>(row)];
    }
};

/// out += Σ_rank weight · down(inner), ranks in ascending order. Grid [row blocks, topK, tokens].
template <class Plan>
__global__ void __launch_bounds__(Plan::threads) downStreamKernel(DownCall call)
{
    waitForEarlier();
    __shared__ StreamMemory<Plan> memory;
    const int firstRow = static_cast<int>(blockIdx.x) * Plan::rows;
    const int rank = static_cast<int>(blockIdx.y);
    const int token = static_cast<int>(blockIdx.z);
    const int topK = static_cast<int>(gridDim.y);
    const int slot = token * topK + rank;
    const WeightView *const weights[1] = {&call.pair.mlpOf(slot).down};
    float totals[1][Plan::tiles][4] = {};
    streamDot<Plan>(
        weights, firstRow, 0, call.pair.width, [&](int) { return call.pair.innerOf(slot); }, 1, memory, totals);
    const float weight =
        call.weights[static_cast<std::size_t>(token) * call.pair.routeStride + static_cast<std::size_t>(rank)];
    forEachStreamTotal<Plan>(firstRow, call.hidden, 1, [&](int row, int, int tile, int i) {
        call.output(slot, row) = weight * totals[0][tile][i];
    });
    if (!isLastBlock(call.pair.counters + blockIdx.z * gridDim.x + blockIdx.x, topK))
        return;
    forEachStreamTotal<Plan>(firstRow, call.hidden, 1, [&](int row, int, int, int) {
        float total = 0.0F;
#pragma unroll 1
        for (int r = 0; r < topK; ++r)
            total += __ldcg(&call.output(token * topK + r, row));
        call.out.row(token)[row] += total;
    });
}

/// Calls body(Format{}) for the formats that can be streamed.
template <typename Body>
void withStreamFormat(memory::DType dtype, const Body &body)
{
    withFormat(dtype, [&](auto format) {
        if constexpr (StreamFormat<decltype(format)>::known)
            body(format);
    });
}

template <class Format, int parts>
using ExactPlan = StreamPlan<Format, 1, StreamFormat<Format>::exactPasses, parts, expertWarps>;

} // namespace

bool canStream(const ExpertArgs &args, const Mlp &mlp)
{
    const auto width = static_cast<std::size_t>(mlp.gate.rows);
    return mlp.gate.dtype == mlp.up.dtype && canStream(args.x, mlp.gate) && canStream(args.x, mlp.up) &&
           canStream(ConstRows(args.x.data, args.x.rows, mlp.gate.rows, width), mlp.down);
}

void expertsStreamed(Queue &queue, const ExpertArgs &args, const ExpertTable &table, ExpertScratch &scratch)
{
    PairCall pair;
    pair.x = viewOf(args.x);
    pair.table = reinterpret_cast<const MlpView *>(table.views.data());
    pair.ids = args.ids;
    pair.routeStride = args.routeStride;
    pair.topK = args.topK;
    pair.width = table.width;
    pair.inner = scratch.inner.as<float>().data();
    pair.splitCols = static_cast<int>(blocksFor(args.x.width, scaleGroup)) * scaleGroup;
    pair.counters = scratch.counters.as<unsigned>().data();
    const DownCall down{pair, args.weights, scratch.outputs.as<float>().data(), args.x.width, viewOf(args.out)};
    const auto tokens = static_cast<unsigned>(args.x.rows);
    const auto topK = static_cast<unsigned>(args.topK);
    withStreamFormat(table.gateTypes.front(), [&](auto format) {
        using Plan = ExactPlan<decltype(format), 2>;
        launch(queue, gateUpStreamKernel<Plan>, dim3(blocksFor(table.width, blockRows), 1, tokens * topK),
               dim3(Plan::threads), pair);
    });
    withStreamFormat(table.downTypes.front(), [&](auto format) {
        using Plan = ExactPlan<decltype(format), 1>;
        launch(queue, downStreamKernel<Plan>, dim3(blocksFor(args.x.width, blockRows), topK, tokens),
               dim3(Plan::threads), down);
    });
}

void denseMlpStreamed(Queue &queue, const ExpertArgs &args, const Mlp &mlp, ExpertScratch &scratch,
                      LinearScratch &linearScratch)
{
    const int width = mlp.gate.rows;
    const int rowBlocks = static_cast<int>(blocksFor(width, blockRows));
    const int groups = static_cast<int>(blocksFor(args.x.width, scaleGroup));
    const int splits = std::clamp(2 * linearScratch.units / rowBlocks, 1, groups);
    PairCall pair;
    pair.x = viewOf(args.x);
    pair.tokens = args.x.rows;
    pair.only = viewOf(mlp);
    pair.width = width;
    pair.inner = scratch.inner.as<float>().data() + scratch.sharedFirst;
    pair.splitCols = static_cast<int>(blocksFor(groups, splits)) * scaleGroup;
    pair.partials = linearScratch.partials.as<float>().data();
    pair.counters = linearScratch.counters.as<unsigned>().data();
    withStreamFormat(mlp.gate.dtype, [&](auto format) {
        using Plan = ExactPlan<decltype(format), 2>;
        launch(queue, gateUpStreamKernel<Plan>,
               dim3(static_cast<unsigned>(rowBlocks), blocksFor(args.x.width, pair.splitCols)), dim3(Plan::threads),
               pair);
    });
    streamLinear(queue, {pair.inner, args.x.rows, width, static_cast<std::size_t>(width)}, mlp.down, args.out, true,
                 linearScratch);
}

} // namespace engine::backend::cuda
