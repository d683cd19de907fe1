// expertFfn() for few tokens: every (token, expert) pair reads the expert's weights once, as batch-1 decoding must.

#include "engine/backend/cuda/detail/earlier.cuh"
#include "engine/backend/cuda/detail/experts.h"
#include "engine/backend/cuda/detail/silu.cuh"
#include "engine/backend/cuda/detail/skinny.cuh"

namespace engine::backend::cuda {

namespace {

struct ExpertCall {
    ConstRowsView x;
    RowsView out;
    const MlpView *table = nullptr;
    MlpView only; ///< without a table
    const std::uint16_t *ids = nullptr;
    const float *weights = nullptr;
    std::size_t routeStride = 0;
    int topK = 1;
    float *inner = nullptr; ///< [tokens · topK, width]
    int width = 0;

    __device__ const MlpView &mlpOf(int token, int rank) const
    {
        return table == nullptr
                   ? only
                   : table[ids[static_cast<std::size_t>(token) * routeStride + static_cast<std::size_t>(rank)]];
    }
    __device__ float *innerOf(int token, int rank) const
    {
        return inner + static_cast<std::size_t>(token * topK + rank) * static_cast<std::size_t>(width);
    }
};

/// inner ← SiLU(gate x) ⊙ up x. Grid [width / warps, tokens · topK].
template <class Format, bool wide, int rows>
__global__ void __launch_bounds__(skinnyWarps *warpSize32) gateUpKernel(ExpertCall call)
{
    waitForEarlier();
    const int row = (static_cast<int>(blockIdx.x) * skinnyWarps + static_cast<int>(threadIdx.x) / warpSize32) * rows;
    if (row >= call.width)
        return;
    const int token = static_cast<int>(blockIdx.y) / call.topK;
    const int rank = static_cast<int>(blockIdx.y) % call.topK;
    const MlpView &mlp = call.mlpOf(token, rank);
    const float *const x[1] = {call.x.row(token)};
    float gate[rows][1] = {};
    float up[rows][1] = {};
    skinnyDot<Format, wide, rows, 1>(mlp.gate, row, x, gate);
    skinnyDot<Format, wide, rows, 1>(mlp.up, row, x, up);
    if (static_cast<int>(threadIdx.x) % warpSize32 != 0)
        return;
    for (int r = 0; r < rows && row + r < call.width; ++r)
        call.innerOf(token, rank)[row + r] = silu(gate[r][0]) * up[r][0];
}

/// out += Σ_rank weight · down(inner), ranks in ascending order. Grid [hidden / warps, tokens].
template <class Format, bool wide, int rows>
__global__ void __launch_bounds__(skinnyWarps *warpSize32) downKernel(ExpertCall call, int hidden)
{
    waitForEarlier();
    const int row = (static_cast<int>(blockIdx.x) * skinnyWarps + static_cast<int>(threadIdx.x) / warpSize32) * rows;
    if (row >= hidden)
        return;
    const int token = static_cast<int>(blockIdx.y);
    float totals[rows] = {};
    for (int rank = 0; rank < call.topK; ++rank) {
        const float *const x[1] = {call.innerOf(token, rank)};
        float sums[rows][1] = {};
        skinnyDot<Format, wide, rows, 1>(call.mlpOf(token, rank).down, row, x, sums);
        const float weight =
            call.weights == nullptr
                ? 1.0F
                : call.weights[static_cast<std::size_t>(token) * call.routeStride + static_cast<std::size_t>(rank)];
        for (int r = 0; r < rows; ++r)
            totals[r] = fmaf(weight, sums[r][0], totals[r]);
    }
    if (static_cast<int>(threadIdx.x) % warpSize32 != 0)
        return;
    for (int r = 0; r < rows && row + r < hidden; ++r)
        call.out.row(token)[row + r] += totals[r];
}

template <class Format, bool wide>
void start(Queue &queue, const ExpertCall &call, int tokens, int hidden)
{
    constexpr int rows = 2;
    const dim3 block(skinnyWarps * warpSize32);
    launch(queue, gateUpKernel<Format, wide, rows>,
           dim3(blocksFor(call.width, skinnyWarps * rows), static_cast<unsigned>(tokens * call.topK)), block, call);
    launch(queue, downKernel<Format, wide, rows>,
           dim3(blocksFor(hidden, skinnyWarps * rows), static_cast<unsigned>(tokens)), block, call, hidden);
}

void startAny(Queue &queue, const ExpertCall &call, memory::DType dtype, bool wide, const ExpertArgs &args)
{
    const bool inputs = hasWideInputs(args.x) && call.width % 4 == 0;
    const bool known = withFormat(dtype, [&](auto format) {
        using Format = decltype(format);
        if (wide && inputs)
            start<Format, true>(queue, call, args.x.rows, args.x.width);
        else
            start<Format, false>(queue, call, args.x.rows, args.x.width);
    });
    if (!known)
        queue.note(cudaErrorInvalidValue);
}

} // namespace

void denseMlpOneByOne(Queue &queue, const ExpertArgs &args, const Mlp &mlp, ExpertScratch &scratch)
{
    ExpertCall call;
    call.x = viewOf(args.x);
    call.out = viewOf(args.out);
    call.only = viewOf(mlp);
    call.inner = scratch.inner.as<float>().data() + scratch.sharedFirst;
    call.width = mlp.gate.rows;
    const bool wide = hasWideRows(mlp.gate) && hasWideRows(mlp.up) && hasWideRows(mlp.down);
    startAny(queue, call, mlp.gate.dtype, wide, args);
}

void expertsOneByOne(Queue &queue, const ExpertArgs &args, const ExpertTable &table, ExpertScratch &scratch)
{
    ExpertCall call;
    call.x = viewOf(args.x);
    call.out = viewOf(args.out);
    call.table = reinterpret_cast<const MlpView *>(table.views.data());
    call.ids = args.ids;
    call.weights = args.weights;
    call.routeStride = args.routeStride;
    call.topK = args.topK;
    call.inner = scratch.inner.as<float>().data();
    call.width = table.width;
    startAny(queue, call, table.dtype, table.wide, args);
}

} // namespace engine::backend::cuda
