// expertFfn() with rounded inputs: which way; and the way for few tokens, at the speed of memory. What SwiGLU gives is
// rounded before it leaves the block.

#include "engine/backend/cuda/detail/earlier.cuh"
#include "engine/backend/cuda/detail/linear_quantised.h"
#include "engine/backend/cuda/detail/quantise_block.cuh"
#include "engine/backend/cuda/detail/quantised_stream.cuh"
#include "engine/backend/cuda/detail/silu.cuh"

#include <algorithm>

namespace engine::backend::cuda {

namespace {

constexpr int streamWarps = quantisingWarps;
constexpr int blockRows = streamWarps * 16;

struct GateUpCall {
    QuantisedRows x;
    int tokens = 1; ///< that go through the weights together: one with a table
    const MlpView *table = nullptr;
    MlpView only; ///< without a table
    const std::uint16_t *ids = nullptr;
    std::size_t routeStride = 0;
    int topK = 1;
    int width = 0;
    bool powerOfTwo = false;
    QuantisedSpace inner; ///< rows: slots, or tokens without a table
    int splitCols = 0;
    float *partials = nullptr; ///< [splits, 2, tokens, width]
    unsigned *counters = nullptr;

    __device__ const MlpView &mlpOf(int slot) const
    {
        return table == nullptr ? only
                                : table[ids[static_cast<std::size_t>(slot / topK) * routeStride +
                                            static_cast<std::size_t>(slot % topK)]];
    }
    __device__ float &partial(int split, int part, int token, int row) const
    {
        return partials[static_cast<std::size_t>((split * 2 + part) * tokens + token) *
                            static_cast<std::size_t>(width) +
                        static_cast<std::size_t>(row)];
    }
};

/// The sum of all splits, in their order.
__device__ inline float sumOfSplits(const GateUpCall &call, int part, int token, int row)
{
    float total = 0.0F;
#pragma unroll 1
    for (int split = 0; split < static_cast<int>(gridDim.y); ++split)
        total += __ldcg(&call.partial(split, part, token, row));
    return total;
}

/// inner ← SiLU(gate x) ⊙ up x. Grid [row blocks, splits, slots or 1]; more than one split only without a table.
template <class Plan>
__global__ void __launch_bounds__(Plan::threads) gateUpQuantisedKernel(const __grid_constant__ GateUpCall call)
{
    waitForEarlier();
    __shared__ QuantisedMemoryBlock<Plan> memory;
    __shared__ QuantiseBlock<Plan::tiles> results;
    const int group = static_cast<int>(blockIdx.x);
    const int firstRow = group * blockRows;
    const int split = static_cast<int>(blockIdx.y);
    const int slot = static_cast<int>(blockIdx.z);
    const MlpView &mlp = call.mlpOf(slot);
    const WeightView *const weights[2] = {&mlp.gate, &mlp.up};
    const int beginCol = split * call.splitCols;
    float totals[2][Plan::tiles][4] = {};
    quantisedDot<Plan>(weights, firstRow, beginCol, min(beginCol + call.splitCols, mlp.gate.cols), call.x,
                       slot / call.topK, call.tokens, memory, totals);
    float values[Plan::tiles][4] = {};
    if (gridDim.y == 1) {
        forEachStreamTotal<Plan>(firstRow, call.width, call.tokens, [&](int, int, int tile, int i) {
            values[tile][i] = silu(totals[0][tile][i]) * totals[1][tile][i];
        });
    } else {
        forEachStreamTotal<Plan>(firstRow, call.width, call.tokens, [&](int row, int token, int tile, int i) {
            call.partial(split, 0, token, row) = totals[0][tile][i];
            call.partial(split, 1, token, row) = totals[1][tile][i];
        });
        if (!isLastBlock(call.counters + blockIdx.x, static_cast<int>(gridDim.y)))
            return;
        forEachStreamTotal<Plan>(firstRow, call.width, call.tokens, [&](int row, int token, int tile, int i) {
            values[tile][i] = silu(sumOfSplits(call, 0, token, row)) * sumOfSplits(call, 1, token, row);
        });
    }
    quantiseBlock<Plan::tiles>(values, call.tokens, call.powerOfTwo, results, call.inner, slot, group);
}

struct DownCall {
    QuantisedRows inner; ///< [slots]
    const MlpView *table = nullptr;
    const std::uint16_t *ids = nullptr;
    const float *weights = nullptr;
    std::size_t routeStride = 0;
    float *outputs = nullptr; ///< [slots, hidden]: weighted
    int hidden = 0;
    RowsView out;
    unsigned *counters = nullptr;

    __device__ float &output(int slot, int row) const
    {
        return outputs[static_cast<std::size_t>(slot) * static_cast<std::size_t>(hidden) +
                       static_cast<std::size_t>(row)];
    }
};

/// out += Σ_rank weight · down(inner), ranks in ascending order. Grid [row blocks, topK, tokens].
template <class Plan>
__global__ void __launch_bounds__(Plan::threads) downQuantisedKernel(const __grid_constant__ DownCall call)
{
    waitForEarlier();
    __shared__ QuantisedMemoryBlock<Plan> memory;
    const int firstRow = static_cast<int>(blockIdx.x) * Plan::rows;
    const int rank = static_cast<int>(blockIdx.y);
    const int token = static_cast<int>(blockIdx.z);
    const int topK = static_cast<int>(gridDim.y);
    const int slot = token * topK + rank;
    const std::size_t route = static_cast<std::size_t>(token) * call.routeStride + static_cast<std::size_t>(rank);
    const WeightView *const weights[1] = {&call.table[call.ids[route]].down};
    float totals[1][Plan::tiles][4] = {};
    quantisedDot<Plan>(weights, firstRow, 0, weights[0]->cols, call.inner, slot, 1, memory, totals);
    const float weight = call.weights[route];
    forEachStreamTotal<Plan>(firstRow, call.hidden, 1, [&](int row, int, int tile, int i) {
        call.output(slot, row) = weight * totals[0][tile][i];
    });
    if (!isLastBlock(call.counters + blockIdx.z * gridDim.x + blockIdx.x, topK))
        return;
    forEachStreamTotal<Plan>(firstRow, call.hidden, 1, [&](int row, int, int, int) {
        float total = 0.0F;
#pragma unroll 1
        for (int r = 0; r < topK; ++r)
            total += __ldcg(&call.output(token * topK + r, row));
        call.out.row(token)[row] += total;
    });
}

template <int tiles, bool codes>
void startGateUp(Queue &queue, const GateUpCall &call, dim3 grid)
{
    using Plan = QuantisedPlan<tiles, 2, streamWarps, codes>;
    launch(queue, gateUpQuantisedKernel<Plan>, grid, dim3(Plan::threads), call);
}

template <bool codes>
void startGateUpOf(Queue &queue, const GateUpCall &call, dim3 grid)
{
    if (call.tokens <= 8)
        startGateUp<1, codes>(queue, call, grid);
    else if (call.tokens <= 16)
        startGateUp<2, codes>(queue, call, grid);
    else
        startGateUp<4, codes>(queue, call, grid);
}

void startGateUp(Queue &queue, const GateUpCall &call, dim3 grid, const DeviceLimits &device)
{
    if (device.multipliesE4m3)
        startGateUpOf<true>(queue, call, grid);
    else
        startGateUpOf<false>(queue, call, grid);
}

template <bool codes>
void startDown(Queue &queue, const DownCall &call, unsigned topK, unsigned tokens)
{
    using Plan = QuantisedPlan<1, 1, streamWarps, codes>;
    launch(queue, downQuantisedKernel<Plan>, dim3(blocksFor(call.hidden, Plan::rows), topK, tokens),
           dim3(Plan::threads), call);
}

} // namespace

void gateUpStreamQuantised(Queue &queue, const QuantisedExperts &call, const Mlp &mlp, const QuantisedSpace &inner)
{
    const int rowBlocks = static_cast<int>(blocksFor(mlp.gate.rows, blockRows));
    const int groups = static_cast<int>(blocksFor(mlp.gate.cols, scaleGroup));
    // Two sums for each row have to find room among the partial results.
    const int splits = std::clamp(call.linear.device.units / rowBlocks, 1, groups);
    GateUpCall gateUp;
    gateUp.x = call.x;
    gateUp.tokens = call.x.rows;
    gateUp.only = viewOf(mlp);
    gateUp.width = mlp.gate.rows;
    gateUp.powerOfTwo = call.rounding == InputRounding::E4m3PowerOfTwo;
    gateUp.inner = inner;
    gateUp.splitCols = static_cast<int>(blocksFor(groups, splits)) * scaleGroup;
    gateUp.partials = call.linear.partials.as<float>().data();
    gateUp.counters = call.linear.counters.as<unsigned>().data();
    const dim3 grid(static_cast<unsigned>(rowBlocks), blocksFor(mlp.gate.cols, gateUp.splitCols));
    startGateUp(queue, gateUp, grid, call.linear.device);
}

void routedStreamQuantised(Queue &queue, const QuantisedExperts &call, const ExpertTable &table)
{
    const ExpertArgs &args = call.args;
    const auto tokens = static_cast<unsigned>(args.x.rows);
    const auto topK = static_cast<unsigned>(args.topK);
    const QuantisedSpace inner = call.quantised.inner.space(queue, args.x.rows * args.topK, table.width);
    GateUpCall gateUp;
    gateUp.x = call.x;
    gateUp.table = reinterpret_cast<const MlpView *>(table.views.data());
    gateUp.ids = args.ids;
    gateUp.routeStride = args.routeStride;
    gateUp.topK = args.topK;
    gateUp.width = table.width;
    gateUp.powerOfTwo = call.rounding == InputRounding::E4m3PowerOfTwo;
    gateUp.inner = inner;
    gateUp.splitCols = call.x.width;
    startGateUp(queue, gateUp, dim3(blocksFor(table.width, blockRows), 1, tokens * topK), call.linear.device);
    const DownCall down{inner.view(), gateUp.table,     args.ids,
                        args.weights, args.routeStride, call.scratch.outputs.as<float>().data(),
                        args.x.width, viewOf(args.out), call.scratch.counters.as<unsigned>().data()};
    if (call.linear.device.multipliesE4m3)
        startDown<true>(queue, down, topK, tokens);
    else
        startDown<false>(queue, down, topK, tokens);
}

void routedQuantised(Queue &queue, const QuantisedExperts &call, const ExpertTable &table)
{
    const Mlp &expert = call.args.experts.front();
    const bool wide = table.wide && canMultiplyQuantised(expert.gate) && canMultiplyQuantised(expert.up) &&
                      canMultiplyQuantised(expert.down);
    if (!wide)
        routedPlainQuantised(queue, call, table);
    else if (call.args.x.rows <= maxTokensOneByOne)
        routedStreamQuantised(queue, call, table);
    else
        routedTiledQuantised(queue, call, table);
}

void sharedQuantised(Queue &queue, const QuantisedExperts &call, const Mlp &mlp)
{
    const int tokens = call.x.rows;
    const QuantisedSpace inner = call.quantised.inner.space(queue, tokens, mlp.gate.rows);
    if (tokens <= maxStreamTokens && canMultiplyQuantised(mlp.gate) && canMultiplyQuantised(mlp.up)) {
        gateUpStreamQuantised(queue, call, mlp, inner);
    } else {
        const auto width = static_cast<std::size_t>(mlp.gate.rows);
        const Rows gate{call.scratch.inner.as<float>().data() + call.scratch.sharedFirst, tokens, mlp.gate.rows, width};
        const Rows up{gate.data + static_cast<std::size_t>(tokens) * width, tokens, mlp.gate.rows, width};
        const Product products[] = {{&mlp.gate, gate}, {&mlp.up, up}};
        linearQuantised(queue, *call.fp8, call.x, products, false, call.linear);
        quantiseSwiglu(queue, gate, up, call.rounding, inner);
    }
    const Product down{&mlp.down, call.args.out};
    linearQuantised(queue, *call.fp8, inner.view(), {&down, 1}, true, call.linear);
}

void QuantisedExpertScratch::reserve(const WorkspaceShape &shape, memory::MemorySpace &memory)
{
    if (shape.roundedWidth == 0)
        return;
    const auto tokens = static_cast<std::size_t>(shape.tokens);
    const std::size_t slots = tokens * static_cast<std::size_t>(shape.topK);
    inner.reserve(slots, static_cast<std::size_t>(shape.expertWidth), memory);
    inner.reserve(tokens, static_cast<std::size_t>(shape.mlpWidth), memory);
    sorted.reserve(slots, static_cast<std::size_t>(shape.hidden), memory);
    const std::size_t bytes = orderBytes(static_cast<int>(slots), shape.experts);
    if (bytes > order.size())
        order = memory.allocate(bytes);
}

} // namespace engine::backend::cuda
