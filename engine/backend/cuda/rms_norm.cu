#include "engine/backend/cuda/detail/earlier.cuh"
#include "engine/backend/cuda/detail/ops.h"
#include "engine/backend/cuda/detail/rows.h"
#include "engine/backend/cuda/detail/warp.cuh"
#include "engine/backend/cuda/detail/weights.cuh"

namespace engine::backend::cuda {

namespace {

constexpr int threads = 256;

/// One block a row. `out` may be `x`: a thread writes only what it alone reads after the sum.
__global__ void rmsNormKernel(ConstRowsView x, VectorView weight, int width, float eps, RowsView out)
{
    waitForEarlier();
    __shared__ float scratch[warpSize32];
    const int row = static_cast<int>(blockIdx.x);
    const float *from = x.row(row);
    float squares = 0.0F;
    for (int col = static_cast<int>(threadIdx.x); col < width; col += threads)
        squares += from[col] * from[col];
    const float factor = rsqrtf(blockSum(squares, scratch) / static_cast<float>(width) + eps);
    float *to = out.row(row);
    for (int col = static_cast<int>(threadIdx.x); col < width; col += threads)
        to[col] = weight.at(col) * (from[col] * factor);
}

} // namespace

void rmsNorm(Queue &queue, const ConstRows &x, const Vector &weight, float eps, const Rows &out)
{
    launch(queue, rmsNormKernel, dim3(static_cast<unsigned>(x.rows)), dim3(threads), viewOf(x), viewOf(weight), x.width,
           eps, viewOf(out));
}

} // namespace engine::backend::cuda
