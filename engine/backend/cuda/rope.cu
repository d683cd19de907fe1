#include "engine/backend/cuda/detail/earlier.cuh"
#include "engine/backend/cuda/detail/ops.h"
#include "engine/backend/cuda/detail/rope.cuh"
#include "engine/backend/cuda/detail/rows.h"

namespace engine::backend::cuda {

namespace {

constexpr int threads = 128;

/// Grid [pairs of all heads / threads, tokens].
__global__ void ropeKernel(RowsView x, int heads, int headWidth, int ropeWidth, RopeView rope)
{
    waitForEarlier();
    const int half = ropeWidth / 2;
    const int index = static_cast<int>(blockIdx.x) * threads + static_cast<int>(threadIdx.x);
    if (index >= heads * half)
        return;
    const int token = static_cast<int>(blockIdx.y);
    float *head = x.row(token) + (index / half + 1) * headWidth - ropeWidth;
    rotatePair(head, index % half, half, token, rope);
}

} // namespace

void rope(Queue &queue, const Rows &x, int headWidth, int ropeWidth, const RopeRows &rope)
{
    const int heads = x.width / headWidth;
    launch(queue, ropeKernel, dim3(blocksFor(heads * (ropeWidth / 2), threads), static_cast<unsigned>(x.rows)),
           dim3(threads), viewOf(x), heads, headWidth, ropeWidth, viewOf(rope));
}

} // namespace engine::backend::cuda
