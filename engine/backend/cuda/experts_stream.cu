// expertFfn() for few tokens at the speed of memory: every (token, expert) pair reads the expert's weights once, as
// batch-1 decoding must; a shared or dense MLP reads them once for all tokens, in the same two launches as the experts
// where its types are theirs.

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

/// Routed experts, each for one token, and a shared or dense MLP for all tokens; either may be missing.
struct PairCall {
    ConstRowsView x;
    int tokens = 1;
    int slots = 0; ///< (token, rank) pairs
    const MlpView *table = nullptr;
    const std::uint16_t *ids = nullptr;
    std::size_t routeStride = 0;
    int topK = 1;
    int width = 0;
    float *inner = nullptr; ///< [slots, width]
    MlpView shared;
    int sharedWidth = 0;
    float *sharedInner = nullptr; ///< [tokens, sharedWidth]
    int splitCols = 0;
    float *partials = nullptr; ///< [splits, 2, tokens, sharedWidth]
    unsigned *counters = nullptr;

    __device__ const MlpView &expertOf(int slot) const
    {
        return table[ids[static_cast<std::size_t>(slot / topK) * routeStride + static_cast<std::size_t>(slot % topK)]];
    }
    __device__ float *innerOf(int slot) const
    {
        return inner + static_cast<std::size_t>(slot) * static_cast<std::size_t>(width);
    }
    __device__ float *sharedInnerOf(int token) const
    {
        return sharedInner + static_cast<std::size_t>(token) * static_cast<std::size_t>(sharedWidth);
    }
    __device__ float &partial(int split, int part, int token, int row) const
    {
        return partials[static_cast<std::size_t>((split * 2 + part) * tokens + token) *
                            static_cast<std::size_t>(sharedWidth) +
                        static_cast<std::size_t>(row)];
    }
};

/// What a block of gateUpStreamKernel() works on: slots come first in the grid's z, the shared MLP is cut into as many
/// slices of gridDim.x row blocks as it needs.
struct GateUpWork {
    const MlpView *mlp;
    float *inner; ///< [count, width]
    int width;
    int firstRow;
    int firstToken;
    int count;

    __device__ GateUpWork(const PairCall &call, int rows)
    {
        const int slot = static_cast<int>(blockIdx.z);
        const bool routed = slot < call.slots;
        const int slice = routed ? 0 : slot - call.slots;
        mlp = routed ? &call.expertOf(slot) : &call.shared;
        inner = routed ? call.innerOf(slot) : call.sharedInner;
        width = routed ? call.width : call.sharedWidth;
        firstRow = static_cast<int>(static_cast<unsigned>(slice) * gridDim.x + blockIdx.x) * rows;
        firstToken = routed ? slot / call.topK : 0;
        count = routed ? 1 : call.tokens;
    }
    __device__ float &innerAt(int token, int row) const
    {
        return inner[static_cast<std::size_t>(token) * static_cast<std::size_t>(width) + static_cast<std::size_t>(row)];
    }
};

/// The sum of all splits, in their order.
__device__ inline float sumOfSplits(const PairCall &call, int part, int token, int row)
{
    return sumInOrder(static_cast<int>(gridDim.y),
                      [&](int split) { return __ldcg(&call.partial(split, part, token, row)); });
}

/// inner ← SiLU(gate x) ⊙ up x. Grid [row blocks, splits, slots and slices]; more than one split only without slots.
template <class Plan>
__global__ void __launch_bounds__(Plan::threads) gateUpStreamKernel(const __grid_constant__ PairCall call)
{
    waitForEarlier();
    __shared__ StreamMemory<Plan> memory;
    const GateUpWork work(call, Plan::rows);
    if (work.firstRow >= work.width)
        return;
    const int split = static_cast<int>(blockIdx.y);
    const WeightView *const weights[2] = {&work.mlp->gate, &work.mlp->up};
    const int beginCol = split * call.splitCols;
    float totals[2][Plan::tiles][4] = {};
    streamDot<Plan>(
        weights, work.firstRow, beginCol, min(beginCol + call.splitCols, work.mlp->gate.cols),
        [&](int token) { return call.x.row(work.firstToken + token); }, work.count, memory, totals);
    if (gridDim.y == 1) {
        forEachStreamTotal<Plan>(work.firstRow, work.width, work.count, [&](int row, int token, int tile, int i) {
            work.innerAt(token, row) = silu(totals[0][tile][i]) * totals[1][tile][i];
        });
        return;
    }
    forEachStreamTotal<Plan>(work.firstRow, work.width, work.count, [&](int row, int token, int tile, int i) {
        call.partial(split, 0, token, row) = totals[0][tile][i];
        call.partial(split, 1, token, row) = totals[1][tile][i];
    });
    if (!isLastBlock(call.counters + blockIdx.x, static_cast<int>(gridDim.y)))
        return;
    forEachStreamTotal<Plan>(work.firstRow, work.width, work.count, [&](int row, int token, int, int) {
        work.innerAt(token, row) = silu(sumOfSplits(call, 0, token, row)) * sumOfSplits(call, 1, token, row);
    });
}

struct DownCall {
    PairCall pair;
    const float *weights = nullptr;
    float *outputs = nullptr; ///< [slots, hidden]: weighted
    int hidden = 0;
    int parts = 0;                  ///< in which the columns of the shared MLP are computed
    float *sharedOutputs = nullptr; ///< [parts, tokens, hidden]
    RowsView out;

    __device__ float &output(int slot, int row) const
    {
        return outputs[static_cast<std::size_t>(slot) * static_cast<std::size_t>(hidden) +
                       static_cast<std::size_t>(row)];
    }
    __device__ float &sharedOutput(int part, int token, int row) const
    {
        return sharedOutputs[static_cast<std::size_t>(part * pair.tokens + token) * static_cast<std::size_t>(hidden) +
                             static_cast<std::size_t>(row)];
    }
    /// What a token's experts have given, ranks in ascending order, then the parts of the shared MLP.
    __device__ float total(int token, int row) const
    {
        return sumInOrder(pair.topK + parts, [&](int i) {
            return __ldcg(i < pair.topK ? &output(token * pair.topK + i, row)
                                        : &sharedOutput(i - pair.topK, token, row));
        });
    }
};

/// As isLastBlock(), with a counter for each of `count` tokens, `stride` apart: whether this block is a token's last.
__device__ inline const bool (&lastBlocks(unsigned *counter, unsigned stride, int count, int blocks))[maxTokensOneByOne]
{
    __shared__ bool last[maxTokensOneByOne];
    __threadfence();
    __syncthreads();
    if (static_cast<int>(threadIdx.x) < count)
        last[threadIdx.x] = atomicInc(counter + threadIdx.x * stride, static_cast<unsigned>(blocks - 1)) ==
                            static_cast<unsigned>(blocks - 1);
    __syncthreads();
    __threadfence();
    return last;
}

/// out += Σ_rank weight · down(inner) + shared. Grid [row blocks, topK + parts, tokens]; the parts are for all tokens.
template <class Plan>
__global__ void __launch_bounds__(Plan::threads) downStreamKernel(const __grid_constant__ DownCall call)
{
    waitForEarlier();
    __shared__ StreamMemory<Plan> memory;
    const PairCall &pair = call.pair;
    const int firstRow = static_cast<int>(blockIdx.x) * Plan::rows;
    const int rank = static_cast<int>(blockIdx.y);
    const int token = static_cast<int>(blockIdx.z);
    const bool routed = rank < pair.topK;
    if (!routed && token > 0)
        return;
    const int slot = routed ? token * pair.topK + rank : 0;
    const int part = rank - pair.topK;
    const int count = routed ? 1 : pair.tokens;
    const int beginCol = routed ? 0 : min(part * pair.splitCols, pair.sharedWidth);
    const int endCol = routed ? pair.width : min(beginCol + pair.splitCols, pair.sharedWidth);
    const WeightView *const weights[1] = {routed ? &pair.expertOf(slot).down : &pair.shared.down};
    float totals[1][Plan::tiles][4] = {};
    streamDot<Plan>(
        weights, firstRow, beginCol, endCol, [&](int t) { return routed ? pair.innerOf(slot) : pair.sharedInnerOf(t); },
        count, memory, totals);
    const float weight =
        routed ? call.weights[static_cast<std::size_t>(token) * pair.routeStride + static_cast<std::size_t>(rank)]
               : 1.0F;
    forEachStreamTotal<Plan>(firstRow, call.hidden, count, [&](int row, int t, int tile, int i) {
        (routed ? call.output(slot, row) : call.sharedOutput(part, t, row)) = weight * totals[0][tile][i];
    });
    const auto &last =
        lastBlocks(pair.counters + blockIdx.z * gridDim.x + blockIdx.x, gridDim.x, count, static_cast<int>(gridDim.y));
    forEachStreamTotal<Plan>(firstRow, call.hidden, count, [&](int row, int t, int, int) {
        if (last[t])
            call.out.row(token + t)[row] += call.total(token + t, row);
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

/// As many as make a part no longer than an expert.
int partsOf(const ExpertTable &table, const Mlp &shared)
{
    return static_cast<int>(blocksFor(shared.gate.rows, table.width));
}

bool canJoin(const ExpertArgs &args, const ExpertTable &table, const LinearScratch &linearScratch)
{
    if (args.shared == nullptr || !canStream(args, *args.shared))
        return false;
    const std::size_t outputs = static_cast<std::size_t>(maxTokensOneByOne * partsOf(table, *args.shared)) *
                                static_cast<std::size_t>(args.x.width) * sizeof(float);
    return args.shared->gate.dtype == table.gateTypes.front() && args.shared->down.dtype == table.downTypes.front() &&
           outputs <= linearScratch.partials.size();
}

void expertsStreamed(Queue &queue, const ExpertArgs &args, const ExpertTable &table, bool joined,
                     ExpertScratch &scratch, LinearScratch &linearScratch)
{
    const int slots = args.x.rows * args.topK;
    PairCall pair;
    pair.x = viewOf(args.x);
    pair.tokens = args.x.rows;
    pair.slots = slots;
    pair.table = reinterpret_cast<const MlpView *>(table.views.data());
    pair.ids = args.ids;
    pair.routeStride = args.routeStride;
    pair.topK = args.topK;
    pair.width = table.width;
    pair.inner = scratch.inner.as<float>().data();
    pair.splitCols = static_cast<int>(blocksFor(args.x.width, scaleGroup)) * scaleGroup;
    pair.counters = scratch.counters.as<unsigned>().data();
    DownCall down{pair, args.weights, scratch.outputs.as<float>().data(), args.x.width, 0, nullptr, viewOf(args.out)};
    const unsigned rowBlocks = blocksFor(table.width, blockRows);
    unsigned slices = 0;
    if (joined) {
        pair.shared = viewOf(*args.shared);
        pair.sharedWidth = args.shared->gate.rows;
        pair.sharedInner = scratch.inner.as<float>().data() + scratch.sharedFirst;
        slices = blocksFor(blocksFor(pair.sharedWidth, blockRows), static_cast<int>(rowBlocks));
        down.parts = partsOf(table, *args.shared);
        down.sharedOutputs = linearScratch.partials.as<float>().data();
        down.pair = pair;
        const int groups = static_cast<int>(blocksFor(pair.sharedWidth, scaleGroup));
        down.pair.splitCols = static_cast<int>(blocksFor(groups, down.parts)) * scaleGroup;
    }
    withStreamFormat(table.gateTypes.front(), [&](auto format) {
        using Plan = ExactPlan<decltype(format), 2>;
        launch(queue, gateUpStreamKernel<Plan>, dim3(rowBlocks, 1, static_cast<unsigned>(slots) + slices),
               dim3(Plan::threads), pair);
    });
    withStreamFormat(table.downTypes.front(), [&](auto format) {
        using Plan = ExactPlan<decltype(format), 1>;
        launch(queue, downStreamKernel<Plan>,
               dim3(blocksFor(args.x.width, blockRows), static_cast<unsigned>(args.topK + down.parts),
                    static_cast<unsigned>(args.x.rows)),
               dim3(Plan::threads), down);
    });
}

void denseMlpStreamed(Queue &queue, const ExpertArgs &args, const Mlp &mlp, ExpertScratch &scratch,
                      LinearScratch &linearScratch)
{
    const int width = mlp.gate.rows;
    const int rowBlocks = static_cast<int>(blocksFor(width, blockRows));
    const int groups = static_cast<int>(blocksFor(args.x.width, scaleGroup));
    const int splits = std::clamp(2 * linearScratch.device.units / rowBlocks, 1, groups);
    PairCall pair;
    pair.x = viewOf(args.x);
    pair.tokens = args.x.rows;
    pair.shared = viewOf(mlp);
    pair.sharedWidth = width;
    pair.sharedInner = scratch.inner.as<float>().data() + scratch.sharedFirst;
    pair.splitCols = static_cast<int>(blocksFor(groups, splits)) * scaleGroup;
    pair.partials = linearScratch.partials.as<float>().data();
    pair.counters = linearScratch.counters.as<unsigned>().data();
    withStreamFormat(mlp.gate.dtype, [&](auto format) {
        using Plan = ExactPlan<decltype(format), 2>;
        launch(queue, gateUpStreamKernel<Plan>,
               dim3(static_cast<unsigned>(rowBlocks), blocksFor(args.x.width, pair.splitCols)), dim3(Plan::threads),
               pair);
    });
    streamLinear(queue, {pair.sharedInner, args.x.rows, width, static_cast<std::size_t>(width)}, mlp.down, args.out,
                 true, linearScratch);
}

} // namespace engine::backend::cuda
