// linear(): which way; and exactLinear(), on the ordinary cores.

#include "engine/backend/cuda/detail/earlier.cuh"
#include "engine/backend/cuda/detail/linear.h"
#include "engine/backend/cuda/detail/skinny.cuh"

#include <algorithm>

namespace engine::backend::cuda {

namespace {

struct SkinnyCall {
    WeightView weight;
    ConstRowsView x;
    VectorView bias;
    RowsView out;
    int firstToken = 0;
    bool accumulate = false;
};

/// Grid [rows / (rows of a block)].
template <class Format, bool wide, int rows, int tokens>
__global__ void __launch_bounds__(skinnyWarps *warpSize32) skinnyKernel(SkinnyCall call)
{
    waitForEarlier();
    const int warp = static_cast<int>(blockIdx.x) * skinnyWarps + static_cast<int>(threadIdx.x) / warpSize32;
    const int row = warp * rows;
    if (row >= call.weight.rows)
        return;
    const float *x[tokens];
#pragma unroll
    for (int t = 0; t < tokens; ++t)
        x[t] = call.x.row(call.firstToken + t);
    float sums[rows][tokens] = {};
    skinnyDot<Format, wide, rows, tokens>(call.weight, row, x, sums);
    if (static_cast<int>(threadIdx.x) % warpSize32 != 0)
        return;
    for (int r = 0; r < rows && row + r < call.weight.rows; ++r) {
        const float bias = call.bias.data == nullptr ? 0.0F : call.bias.at(row + r);
        for (int t = 0; t < tokens; ++t) {
            float &out = call.out.row(call.firstToken + t)[row + r];
            out = (call.accumulate ? out : 0.0F) + sums[r][t] + bias;
        }
    }
}

template <class Format, bool wide, int rows, int tokens>
void start(Queue &queue, const SkinnyCall &call)
{
    launch(queue, skinnyKernel<Format, wide, rows, tokens>, dim3(blocksFor(call.weight.rows, rows * skinnyWarps)),
           dim3(skinnyWarps * warpSize32), call);
}

/// Four rows a warp keep enough loads in flight; a matrix with few rows spreads them over more warps instead.
template <class Format, bool wide, int tokens>
void startRows(Queue &queue, const SkinnyCall &call)
{
    constexpr int manyRows = 4096;
    if constexpr (wide) {
        if (call.weight.rows >= manyRows) {
            start<Format, wide, 4, tokens>(queue, call);
            return;
        }
    }
    start<Format, wide, 1, tokens>(queue, call);
}

/// Narrow loads are for the odd case, which needs no kernel of its own for every number of tokens.
template <class Format, bool wide>
void startTokens(Queue &queue, SkinnyCall call, int tokens)
{
    constexpr int most = wide ? skinnyTokens : 1;
    for (; tokens >= most; tokens -= most, call.firstToken += most)
        startRows<Format, wide, most>(queue, call);
    if constexpr (wide) {
        if (tokens == 3)
            startRows<Format, wide, 3>(queue, call);
        else if (tokens == 2)
            startRows<Format, wide, 2>(queue, call);
        else if (tokens == 1)
            startRows<Format, wide, 1>(queue, call);
    }
}

} // namespace

void exactLinear(Queue &queue, const ConstRows &x, const Matrix &weight, const Rows &out, bool accumulate)
{
    SkinnyCall call{viewOf(weight), viewOf(x), viewOf(weight.bias), viewOf(out), 0, accumulate};
    const bool wide = hasWideRows(weight) && hasWideInputs(x);
    const bool known = withAnyFormat(weight.dtype, [&](auto format) {
        using Format = decltype(format);
        if (wide)
            startTokens<Format, true>(queue, call, x.rows);
        else
            startTokens<Format, false>(queue, call, x.rows);
    });
    if (!known)
        queue.note(cudaErrorInvalidValue);
}

void linear(Queue &queue, const ConstRows &x, const Matrix &weight, const Rows &out, bool accumulate,
            LinearScratch &scratch)
{
    if (x.rows <= maxStreamTokens && canStream(x, weight))
        streamLinear(queue, x, weight, out, accumulate, scratch);
    else if (const Product only[] = {{&weight, out}}; x.rows > maxExactTokens && canTile(x, weight))
        tiledLinear(queue, x, only, accumulate, scratch);
    else
        exactLinear(queue, x, weight, out, accumulate);
}

void linearGroup(Queue &queue, const ConstRows &x, std::span<const Product> products, LinearScratch &scratch)
{
    if (x.rows <= maxStreamTokens && canStream(x, products)) {
        streamGroup(queue, x, products, scratch);
        return;
    }
    const auto tiled = [&](const Product &product) { return canTile(x, *product.weight); };
    if (x.rows > maxStreamTokens && std::ranges::all_of(products, tiled)) {
        tiledLinear(queue, x, products, false, scratch);
        return;
    }
    for (const Product &product : products)
        linear(queue, x, *product.weight, product.out, false, scratch);
}

} // namespace engine::backend::cuda
