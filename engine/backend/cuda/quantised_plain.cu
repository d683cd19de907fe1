// Products with rounded inputs whose weights the tensor cores cannot take: rows that do not start on 16 bytes, as those
// of small models.

#include "engine/backend/cuda/detail/earlier.cuh"
#include "engine/backend/cuda/detail/linear_quantised.h"
#include "engine/backend/cuda/detail/rows.h"
#include "engine/backend/cuda/detail/silu.cuh"
#include "engine/backend/cuda/detail/warp.cuh"
#include "engine/backend/cuda/detail/weights.cuh"

namespace engine::backend::cuda {

namespace {

constexpr int warps = 8;
constexpr int threads = warps * warpSize32;

/// Row `row` of the weight · row `xRow` of x, in every lane of the warp.
__device__ inline float plainDot(const WeightView &weight, int row, const QuantisedRows &x, int xRow)
{
    const int lane = static_cast<int>(threadIdx.x) % warpSize32;
    const std::uint8_t *left = weight.data + static_cast<std::size_t>(row) * static_cast<std::size_t>(weight.cols);
    const std::uint8_t *right = x.values + static_cast<std::size_t>(xRow) * static_cast<std::size_t>(x.width);
    float total = 0.0F;
    for (int first = 0; first < weight.cols; first += scaleGroup) {
        float sum = 0.0F;
        for (int col = first + lane; col < min(weight.cols, first + scaleGroup); col += warpSize32)
            sum = fmaf(FormatFP8::get(left + col), FormatFP8::get(right + col), sum);
        const float scale =
            x.scales[static_cast<std::size_t>(first / scaleGroup) * static_cast<std::size_t>(x.scaleStride) +
                     static_cast<std::size_t>(xRow)];
        total = fmaf(sum, weight.scaleAt(row, first) * scale, total);
    }
    return warpSum(total);
}

__device__ inline int rowOfWarp()
{
    return static_cast<int>(blockIdx.x) * warps + static_cast<int>(threadIdx.x) / warpSize32;
}

__device__ inline bool isFirstLane()
{
    return static_cast<int>(threadIdx.x) % warpSize32 == 0;
}

/// Grid [rows / warps, tokens].
__global__ void __launch_bounds__(threads)
    plainKernel(WeightView weight, QuantisedRows x, VectorView bias, RowsView out, bool accumulate)
{
    waitForEarlier();
    const int row = rowOfWarp();
    if (row >= weight.rows)
        return;
    const int token = static_cast<int>(blockIdx.y);
    const float total = plainDot(weight, row, x, token);
    if (!isFirstLane())
        return;
    float &to = out.row(token)[row];
    to = (accumulate ? to : 0.0F) + total + (bias.data == nullptr ? 0.0F : bias.at(row));
}

struct PlainExperts {
    const MlpView *table = nullptr;
    const std::uint16_t *ids = nullptr;
    const float *weights = nullptr;
    std::size_t routeStride = 0;
    int topK = 1;
    int width = 0;

    __device__ const MlpView &mlpOf(int token, int rank) const
    {
        return table[ids[static_cast<std::size_t>(token) * routeStride + static_cast<std::size_t>(rank)]];
    }
};

/// inner[slot] ← SiLU(gate x) ⊙ up x. Grid [width / warps, slots].
__global__ void __launch_bounds__(threads) plainGateUpKernel(PlainExperts call, QuantisedRows x, float *inner)
{
    waitForEarlier();
    const int row = rowOfWarp();
    if (row >= call.width)
        return;
    const int slot = static_cast<int>(blockIdx.y);
    const int token = slot / call.topK;
    const MlpView &mlp = call.mlpOf(token, slot % call.topK);
    const float gate = plainDot(mlp.gate, row, x, token);
    const float up = plainDot(mlp.up, row, x, token);
    if (isFirstLane())
        inner[static_cast<std::size_t>(slot) * static_cast<std::size_t>(call.width) + static_cast<std::size_t>(row)] =
            silu(gate) * up;
}

/// out += Σ_rank weight · down(inner), ranks in ascending order. Grid [hidden / warps, tokens].
__global__ void __launch_bounds__(threads)
    plainDownKernel(PlainExperts call, QuantisedRows inner, int hidden, RowsView out)
{
    waitForEarlier();
    const int row = rowOfWarp();
    if (row >= hidden)
        return;
    const int token = static_cast<int>(blockIdx.y);
    float total = 0.0F;
    for (int rank = 0; rank < call.topK; ++rank) {
        const float weight =
            call.weights[static_cast<std::size_t>(token) * call.routeStride + static_cast<std::size_t>(rank)];
        total = fmaf(weight, plainDot(call.mlpOf(token, rank).down, row, inner, token * call.topK + rank), total);
    }
    if (isFirstLane())
        out.row(token)[row] += total;
}

} // namespace

void plainQuantised(Queue &queue, const QuantisedRows &x, const Matrix &weight, const Rows &out, bool accumulate)
{
    launch(queue, plainKernel, dim3(blocksFor(weight.rows, warps), static_cast<unsigned>(x.rows)), dim3(threads),
           viewOf(weight), x, viewOf(weight.bias), viewOf(out), accumulate);
}

void routedPlainQuantised(Queue &queue, const QuantisedExperts &call, const ExpertTable &table)
{
    const ExpertArgs &args = call.args;
    const int slots = args.x.rows * args.topK;
    const PlainExperts experts{reinterpret_cast<const MlpView *>(table.views.data()),
                               args.ids,
                               args.weights,
                               args.routeStride,
                               args.topK,
                               table.width};
    float *inner = call.scratch.inner.as<float>().data();
    launch(queue, plainGateUpKernel, dim3(blocksFor(table.width, warps), static_cast<unsigned>(slots)), dim3(threads),
           experts, call.x, inner);
    const QuantisedSpace rounded = call.quantised.inner.space(queue, slots, table.width);
    quantise(queue, {inner, slots, table.width, static_cast<std::size_t>(table.width)}, nullptr, call.rounding,
             rounded);
    launch(queue, plainDownKernel, dim3(blocksFor(args.x.width, warps), static_cast<unsigned>(args.x.rows)),
           dim3(threads), experts, rounded.view(), args.x.width, viewOf(args.out));
}

} // namespace engine::backend::cuda
