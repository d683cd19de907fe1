#include "engine/backend/cuda/detail/cache_ops.h"
#include "engine/backend/cuda/detail/earlier.cuh"
#include "engine/backend/cuda/detail/pages.cuh"
#include "engine/backend/cuda/detail/rope.cuh"
#include "engine/backend/cuda/detail/rows.h"
#include "engine/backend/cuda/detail/warp.cuh"
#include "engine/backend/cuda/detail/weights.cuh"

namespace engine::backend::cuda {

namespace {

constexpr int threads = 256;

/// One block a token.
__global__ void storeLatentKernel(RowsView kv, VectorView norm, float eps, RopeView rope, int latentWidth,
                                  int ropeWidth, LatentView cache)
{
    waitForEarlier();
    __shared__ float scratch[warpSize32];
    const int token = static_cast<int>(blockIdx.x);
    const int thread = static_cast<int>(threadIdx.x);
    float *row = kv.row(token);
    float squares = 0.0F;
    for (int col = thread; col < latentWidth; col += threads)
        squares += row[col] * row[col];
    const float factor = rsqrtf(blockSum(squares, scratch) / static_cast<float>(latentWidth) + eps);
    const int position = cache.pages.start() + token;
    std::byte *layer = cache.pages.layerOf(position);
    const std::size_t first = cache.element(position);
    for (int col = thread; col < latentWidth; col += threads)
        cache.pages.put(layer, first + static_cast<std::size_t>(col), norm.at(col) * (row[col] * factor));
    const int half = ropeWidth / 2;
    for (int pair = thread; pair < half; pair += threads)
        rotatePair(row + latentWidth, pair, half, token, rope);
    __syncthreads();
    for (int col = latentWidth + thread; col < latentWidth + ropeWidth; col += threads)
        cache.pages.put(layer, first + static_cast<std::size_t>(col), row[col]);
}

} // namespace

void storeLatent(Queue &queue, const LatentArgs &args, std::byte *const *table)
{
    const LatentView cache{viewOf(args.cache, table), args.cache.width};
    launch(queue, storeLatentKernel, dim3(static_cast<unsigned>(args.kv.rows)), dim3(threads), viewOf(args.kv),
           viewOf(args.norm), args.eps, viewOf(args.rope), args.cache.latentWidth, args.cache.ropeWidth, cache);
}

} // namespace engine::backend::cuda
