#include "engine/backend/cuda/detail/cache_ops.h"
#include "engine/backend/cuda/detail/earlier.cuh"
#include "engine/backend/cuda/detail/pages.cuh"
#include "engine/backend/cuda/detail/rope.cuh"
#include "engine/backend/cuda/detail/rows.h"
#include "engine/backend/cuda/detail/warp.cuh"
#include "engine/backend/cuda/detail/weights.cuh"

#include <cfloat>

namespace engine::backend::cuda {

namespace {

constexpr int threads = 256;
constexpr int groupWidth = memory::Fp8Latents::groupWidth;

/// What a row of the latent is multiplied with before its norm's weights. No approximation of the root: what is stored
/// in FP8 is to be the same on every device where the sum is.
__device__ inline float normFactor(const float *row, int latentWidth, float eps, float *scratch)
{
    float squares = 0.0F;
    for (int col = static_cast<int>(threadIdx.x); col < latentWidth; col += threads)
        squares += row[col] * row[col];
    return 1.0F / sqrtf(blockSum(squares, scratch) / static_cast<float>(latentWidth) + eps);
}

/// The larger one, NaN if one of them is.
__device__ inline float largerOf(float a, float b)
{
    return b > a || b != b ? b : a;
}

/// The latent after its norm: a warp has the 128 numbers of a scale, four a lane.
__device__ inline void putCodes(const float *row, const VectorView &norm, float factor, const LatentView &cache,
                                std::byte *layer, int position)
{
    const int lane = static_cast<int>(threadIdx.x) % warpSize32;
    std::uint8_t *codes = cache.codesOf(layer, position);
    for (int group = static_cast<int>(threadIdx.x) / warpSize32; group < cache.groups; group += threads / warpSize32) {
        constexpr int each = groupWidth / warpSize32;
        float values[each];
        float largest = 0.0F;
#pragma unroll
        for (int i = 0; i < each; ++i) {
            const int col = group * groupWidth + i * warpSize32 + lane;
            values[i] = col < cache.latent ? norm.at(col) * (row[col] * factor) : 0.0F;
            largest = largerOf(largest, fabsf(values[i]));
        }
        for (int offset = warpSize32 / 2; offset > 0; offset /= 2)
            largest = largerOf(largest, __shfl_xor_sync(wholeWarp, largest, offset));
        float scale = largest / memory::Fp8Latents::largest;
        scale = scale < FLT_MIN ? FLT_MIN : scale;
#pragma unroll
        for (int i = 0; i < each; ++i) {
            const int col = group * groupWidth + i * warpSize32 + lane;
            if (col < cache.latent)
                codes[col] = static_cast<std::uint8_t>(floatToE4m3(values[i] / scale));
        }
        if (lane == 0)
            cache.scalesOf(layer, position)[group] = scale;
    }
}

/// One block a token.
__global__ void storeLatentKernel(RowsView kv, VectorView norm, float eps, RopeView rope, int latentWidth,
                                  int ropeWidth, LatentView cache)
{
    waitForEarlier();
    __shared__ float scratch[warpSize32];
    const int token = static_cast<int>(blockIdx.x);
    const int thread = static_cast<int>(threadIdx.x);
    float *row = kv.row(token);
    const float factor = normFactor(row, latentWidth, eps, scratch);
    const int position = cache.pages.start() + token;
    std::byte *layer = cache.pages.layerOf(position);
    const std::size_t first = cache.element(position);
    if (cache.fp8) {
        putCodes(row, norm, factor, cache, layer, position);
    } else {
        for (int col = thread; col < latentWidth; col += threads)
            cache.pages.put(layer, first + static_cast<std::size_t>(col), norm.at(col) * (row[col] * factor));
    }
    const int half = ropeWidth / 2;
    for (int pair = thread; pair < half; pair += threads)
        rotatePair(row + latentWidth, pair, half, token, rope);
    __syncthreads();
    for (int col = thread; col < ropeWidth; col += threads) {
        const float value = row[latentWidth + col];
        if (cache.fp8)
            cache.ropeOf(layer, position)[col] = __bfloat16_as_ushort(__float2bfloat16(value));
        else
            cache.pages.put(layer, first + static_cast<std::size_t>(latentWidth + col), value);
    }
}

} // namespace

void storeLatent(Queue &queue, const LatentArgs &args, std::byte *const *table)
{
    launch(queue, storeLatentKernel, dim3(static_cast<unsigned>(args.kv.rows)), dim3(threads), viewOf(args.kv),
           viewOf(args.norm), args.eps, viewOf(args.rope), args.cache.latentWidth, args.cache.ropeWidth,
           latentsOf(args.cache, table));
}

} // namespace engine::backend::cuda
