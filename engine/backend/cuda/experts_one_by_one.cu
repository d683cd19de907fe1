// expertFfn() for few tokens: every (token, expert) pair reads the expert's weights once, as batch-1 decoding must.

#include "engine/backend/cuda/detail/earlier.cuh"
#include "engine/backend/cuda/detail/experts.h"
#include "engine/backend/cuda/detail/silu.cuh"
#include "engine/backend/cuda/detail/skinny.cuh"

#include <span>
#include <type_traits>

namespace engine::backend::cuda {

namespace {

enum class Half { Both, Gate, Up }; ///< what one launch computes: both if they have one type

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
    Half half = Half::Both;
    memory::DType dtype = memory::DType::F32; ///< experts of other types are left to other launches

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

/// inner ← SiLU(gate x) ⊙ up x, or one half of that after the other. Grid [width / warps, tokens · topK].
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
    if ((call.half == Half::Up ? mlp.up : mlp.gate).dtype != call.dtype)
        return;
    const float *const x[1] = {call.x.row(token)};
    float gate[rows][1] = {};
    float up[rows][1] = {};
    if (call.half != Half::Up)
        skinnyDot<Format, wide, rows, 1>(mlp.gate, row, x, gate);
    if (call.half != Half::Gate)
        skinnyDot<Format, wide, rows, 1>(mlp.up, row, x, up);
    if (static_cast<int>(threadIdx.x) % warpSize32 != 0)
        return;
    float *inner = call.innerOf(token, rank) + row;
    for (int r = 0; r < rows && row + r < call.width; ++r) {
        const float opened = call.half == Half::Up ? inner[r] : gate[r][0];
        inner[r] = call.half == Half::Gate ? opened : silu(opened) * up[r][0];
    }
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
        const WeightView &down = call.mlpOf(token, rank).down;
        if (down.dtype != call.dtype)
            continue;
        const float *const x[1] = {call.innerOf(token, rank)};
        float sums[rows][1] = {};
        skinnyDot<Format, wide, rows, 1>(down, row, x, sums);
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

constexpr int warpRows = 2;

struct Types {
    std::span<const memory::DType> gate;
    std::span<const memory::DType> up;
    std::span<const memory::DType> down;
    bool alike; ///< gate and up of an expert have one type
    bool wide;
};

/// body(Format{}, whether the loads are wide)
template <typename Body>
void dispatch(Queue &queue, memory::DType dtype, bool wide, const Body &body)
{
    const bool known = withAnyFormat(dtype, [&](auto format) {
        if (wide)
            body(format, std::true_type{});
        else
            body(format, std::false_type{});
    });
    if (!known)
        queue.note(cudaErrorInvalidValue);
}

void startAny(Queue &queue, ExpertCall call, const Types &types, const ExpertArgs &args)
{
    const bool wide = types.wide && hasWideInputs(args.x) && call.width % 4 == 0;
    const dim3 block(skinnyWarps * warpSize32);
    const int hidden = args.x.width;
    const auto tokens = static_cast<unsigned>(args.x.rows);
    const dim3 grid(blocksFor(call.width, skinnyWarps * warpRows), tokens * static_cast<unsigned>(call.topK));
    const auto startHalves = [&](std::span<const memory::DType> dtypes, Half half) {
        call.half = half;
        for (const memory::DType dtype : dtypes) {
            call.dtype = dtype;
            dispatch(queue, dtype, wide, [&](auto format, auto isWide) {
                launch(queue, gateUpKernel<decltype(format), decltype(isWide)::value, warpRows>, grid, block, call);
            });
        }
    };
    startHalves(types.gate, types.alike ? Half::Both : Half::Gate);
    if (!types.alike)
        startHalves(types.up, Half::Up);
    for (const memory::DType dtype : types.down) {
        call.dtype = dtype;
        dispatch(queue, dtype, wide, [&](auto format, auto isWide) {
            launch(queue, downKernel<decltype(format), decltype(isWide)::value, warpRows>,
                   dim3(blocksFor(hidden, skinnyWarps * warpRows), tokens), block, call, hidden);
        });
    }
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
    const bool alike = mlp.gate.dtype == mlp.up.dtype;
    startAny(queue, call, {{&mlp.gate.dtype, 1}, {&mlp.up.dtype, 1}, {&mlp.down.dtype, 1}, alike, wide}, args);
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
    startAny(queue, call, {table.gateTypes, table.upTypes, table.downTypes, table.alike, table.wide}, args);
}

} // namespace engine::backend::cuda
