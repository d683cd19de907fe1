// The router in one launch: the product with the gate, split over rows and columns so that every weight is under way at
// once (V3: 3.7 MB in 128 blocks), then the choice by the block that is last. Sums are F32, always in the same order: 8
// (F32: 4) neighbouring columns, the lanes of a warp as a tree, the warps of a block, the blocks. That order depends on
// the shape of the gate and its type only, not on timing nor on the number of tokens.

#include "engine/backend/cuda/detail/async_copy.cuh"
#include "engine/backend/cuda/detail/choose_experts.cuh"
#include "engine/backend/cuda/detail/earlier.cuh"
#include "engine/backend/cuda/detail/linear.h"
#include "engine/backend/cuda/detail/route.h"
#include "engine/backend/cuda/detail/stream.cuh"

#include <algorithm>

namespace engine::backend::cuda {

namespace {

constexpr int warps = 8;
constexpr int threads = warps * warpSize32;
constexpr int blockTokens = 8; ///< at most; a warp chooses for each
constexpr int maxRows = 8;     ///< of the gate, in a block

struct GateCall {
    WeightView gate;
    ConstRowsView x;
    int firstToken = 0;
    int tokens = 0;               ///< after the first
    int splitWarps = 1;           ///< of a block, that have columns
    float *partials = nullptr;    ///< [tokens, splits, experts]
    unsigned *counters = nullptr; ///< [tokens / blockTokens]
    RouteCall route;

    __device__ float &partial(int token, int split, int expert) const
    {
        return partials[static_cast<std::size_t>(token * static_cast<int>(gridDim.x) + split) *
                            static_cast<std::size_t>(gate.rows) +
                        static_cast<std::size_t>(expert)];
    }
};

/// One step of foldLanes(): `count` numbers become half of them.
template <int count, int offset>
__device__ inline void foldOnce(float *values)
{
    if constexpr (count > 1) {
        const bool upper = (static_cast<int>(threadIdx.x) & offset) != 0;
#pragma unroll
        for (int i = 0; i < count / 2; ++i) {
            const float mine = upper ? values[i + count / 2] : values[i];
            const float others = upper ? values[i] : values[i + count / 2];
            values[i] = mine + __shfl_xor_sync(wholeWarp, others, offset);
        }
    } else {
        values[0] += __shfl_xor_sync(wholeWarp, values[0], offset);
    }
}

/// Sums of `total` numbers over the lanes of a warp; lane l is left with total / 32 of them (or the one of 32 / total
/// lanes), from l · total / 32 on. Added as warpSum() does.
template <int total>
__device__ inline void foldLanes(float (&values)[total])
{
    foldOnce<total, 16>(values);
    foldOnce<total / 2, 8>(values);
    foldOnce<total / 4, 4>(values);
    foldOnce<total / 8, 2>(values);
    foldOnce<total / 16, 1>(values);
}

/// sums[row · tokens + token] += this lane's columns
template <class Format, int rows, int tokens>
__device__ inline void addColumns(const GateCall &call, int firstRow, int firstToken, int col,
                                  float (&sums)[rows * tokens])
{
    uint4 raw[rows];
#pragma unroll
    for (int r = 0; r < rows; ++r) {
        const auto row = static_cast<std::size_t>(min(firstRow + r, call.gate.rows - 1));
        raw[r] =
            loadOnce(call.gate.data +
                     (row * static_cast<std::size_t>(call.gate.cols) + static_cast<std::size_t>(col)) * Format::bytes);
    }
    float weights[rows][Format::step];
#pragma unroll
    for (int r = 0; r < rows; ++r)
        Format::decode(raw[r], weights[r]);
#pragma unroll
    for (int t = 0; t < tokens; ++t) {
        const float *x = call.x.row(min(firstToken + t, call.firstToken + call.tokens - 1)) + col;
        float inputs[Format::step];
#pragma unroll
        for (int i = 0; i < Format::step; i += 4) {
            const float4 four = *reinterpret_cast<const float4 *>(x + i);
            inputs[i] = four.x;
            inputs[i + 1] = four.y;
            inputs[i + 2] = four.z;
            inputs[i + 3] = four.w;
        }
#pragma unroll
        for (int r = 0; r < rows; ++r) {
#pragma unroll
            for (int i = 0; i < Format::step; ++i)
                sums[r * tokens + t] = fmaf(weights[r][i], inputs[i], sums[r * tokens + t]);
        }
    }
}

/// The block's part of the product, into call.partials.
template <class Format, int rows, int tokens>
__device__ inline void multiplyGate(const GateCall &call, int firstToken, int count)
{
    constexpr int total = rows * tokens;
    __shared__ float parts[warps][total];
    const int lane = static_cast<int>(threadIdx.x) % warpSize32;
    const int warp = static_cast<int>(threadIdx.x) / warpSize32;
    const int split = static_cast<int>(blockIdx.x);
    const int firstRow = static_cast<int>(blockIdx.y) * rows;
    const int col = ((split * call.splitWarps + warp) * warpSize32 + lane) * Format::step;
    float sums[total] = {};
    if (warp < call.splitWarps && col < call.gate.cols)
        addColumns<Format, rows, tokens>(call, firstRow, firstToken, col, sums);
    foldLanes<total>(sums);
    constexpr int held = total > warpSize32 ? total / warpSize32 : 1;
    if (lane * total % warpSize32 == 0) {
#pragma unroll
        for (int i = 0; i < held; ++i)
            parts[warp][lane * total / warpSize32 + i] = sums[i];
    }
    __syncthreads();
    const int index = static_cast<int>(threadIdx.x);
    const int token = index % tokens;
    if (index >= total || token >= count || firstRow + index / tokens >= call.gate.rows)
        return;
    float sum = 0.0F;
    for (int w = 0; w < call.splitWarps; ++w)
        sum += parts[w][index];
    call.partial(firstToken - call.firstToken + token, split, firstRow + index / tokens) = sum;
}

/// Grid [splits of the columns, blocks of `rows` rows, blocks of `tokens` tokens].
template <class Format, int rows, int tokens>
__global__ void __launch_bounds__(threads, 1) gateKernel(const __grid_constant__ GateCall call)
{
    waitForEarlier();
    const int block = static_cast<int>(blockIdx.z) * tokens;
    const int count = min(tokens, call.tokens - block);
    multiplyGate<Format, rows, tokens>(call, call.firstToken + block, count);
    if (!isLastBlock(call.counters + blockIdx.z, static_cast<int>(gridDim.x * gridDim.y)))
        return;
    const int lane = static_cast<int>(threadIdx.x) % warpSize32;
    const int warp = static_cast<int>(threadIdx.x) / warpSize32;
    if (warp >= count)
        return;
    const int experts = call.route.experts;
    const RouteMemory memory(reinterpret_cast<float *>(dynamicShared()) + warp * RouteMemory::arrays * experts,
                             experts);
#pragma unroll 4
    for (int e = lane; e < experts; e += warpSize32)
        memory.affinities[e] = sumInOrder(static_cast<int>(gridDim.x),
                                          [&](int split) { return __ldcg(&call.partial(block + warp, split, e)); });
    chooseExperts(call.route, call.firstToken + block + warp, lane, memory);
}

struct GateGrid {
    int splits;
    int splitWarps;
    int tokens; ///< of a launch
};

/// So many columns for a block that each of its warps has one load of every row.
template <class Format>
GateGrid gridOf(const RouteArgs &args, const LinearScratch &scratch)
{
    const int chunks = static_cast<int>(blocksFor(args.gate.cols, warpSize32 * Format::step));
    GateGrid grid{};
    grid.splits = static_cast<int>(blocksFor(chunks, warps));
    grid.splitWarps = static_cast<int>(blocksFor(chunks, grid.splits));
    const std::size_t room = scratch.partials.size() / sizeof(float) /
                             (static_cast<std::size_t>(grid.splits) * static_cast<std::size_t>(args.gate.rows));
    const std::size_t most = std::min(room / blockTokens, scratch.counters.size() / sizeof(unsigned));
    grid.tokens = static_cast<int>(most) * blockTokens;
    return grid;
}

template <class Format, int rows, int tokens>
void start(Queue &queue, const GateCall &call, const GateGrid &grid)
{
    const std::size_t shared = static_cast<std::size_t>(tokens * RouteMemory::arrays * call.route.experts) * 4;
    launchShared(
        queue, gateKernel<Format, rows, tokens>,
        dim3(static_cast<unsigned>(grid.splits), blocksFor(call.gate.rows, rows), blocksFor(call.tokens, tokens)),
        dim3(threads), shared, call);
}

template <class Format, int tokens>
void startRows(Queue &queue, const GateCall &call, const GateGrid &grid, int units)
{
    // A small gate gets more blocks, of fewer rows.
    if (tokens == blockTokens && call.tokens > blockTokens)
        start<Format, maxRows, tokens>(queue, call, grid);
    else if (static_cast<int>(blocksFor(call.gate.rows, maxRows)) * grid.splits * 2 > units)
        start<Format, maxRows, tokens>(queue, call, grid);
    else
        start<Format, 2, tokens>(queue, call, grid);
}

/// body(Format{}) for those that a gate has.
template <typename Body>
void withGateFormat(memory::DType dtype, const Body &body)
{
    if (dtype == memory::DType::BF16)
        body(FormatBF16{});
    else if (dtype == memory::DType::F32)
        body(FormatF32{});
}

} // namespace

bool canRouteAtOnce(const RouteArgs &args, const LinearScratch &scratch)
{
    bool fits = false;
    withGateFormat(args.gate.dtype, [&](auto format) { fits = gridOf<decltype(format)>(args, scratch).tokens > 0; });
    return fits && hasWideRows(args.gate) && hasWideInputs(args.x);
}

void routeAtOnce(Queue &queue, const RouteArgs &args, const RouteCall &route, LinearScratch &scratch)
{
    GateCall call;
    call.gate = viewOf(args.gate);
    call.x = viewOf(args.x);
    call.partials = scratch.partials.as<float>().data();
    call.counters = scratch.counters.as<unsigned>().data();
    call.route = route;
    withGateFormat(args.gate.dtype, [&](auto format) {
        using Format = decltype(format);
        const GateGrid grid = gridOf<Format>(args, scratch);
        call.splitWarps = grid.splitWarps;
        for (; call.firstToken < args.x.rows; call.firstToken += grid.tokens) {
            call.tokens = std::min(grid.tokens, args.x.rows - call.firstToken);
            if (call.tokens == 1)
                startRows<Format, 1>(queue, call, grid, scratch.device.units);
            else if (call.tokens <= 4)
                startRows<Format, 4>(queue, call, grid, scratch.device.units);
            else
                startRows<Format, blockTokens>(queue, call, grid, scratch.device.units);
        }
    });
}

} // namespace engine::backend::cuda
