#include "engine/backend/cuda/detail/cache_ops.h"
#include "engine/backend/cuda/detail/earlier.cuh"
#include "engine/backend/cuda/detail/pages.cuh"
#include "engine/backend/cuda/detail/rows.h"

namespace engine::backend::cuda {

namespace {

constexpr int threads = 256;

/// Grid [numbers of a token / threads, tokens, key or value].
__global__ void storeKeyValueKernel(ConstRowsView key, ConstRowsView value, int width, KeyValueView cache)
{
    waitForEarlier();
    const int col = static_cast<int>(blockIdx.x) * threads + static_cast<int>(threadIdx.x);
    if (col >= width)
        return;
    const int token = static_cast<int>(blockIdx.y);
    const int part = static_cast<int>(blockIdx.z);
    const int position = cache.pages.start() + token;
    const float number = part == 0 ? key.row(token)[col] : value.row(token)[col];
    const std::size_t element = cache.element(col / cache.headWidth, part, position);
    cache.pages.put(cache.pages.layerOf(position), element + static_cast<std::size_t>(col % cache.headWidth), number);
}

} // namespace

void storeKeyValue(Queue &queue, const KeyValueArgs &args, std::byte *const *table)
{
    const KeyValueView cache{viewOf(args.cache, table), args.cache.headWidth};
    launch(queue, storeKeyValueKernel,
           dim3(blocksFor(args.key.width, threads), static_cast<unsigned>(args.key.rows), 2), dim3(threads),
           viewOf(args.key), viewOf(args.value), args.key.width, cache);
}

} // namespace engine::backend::cuda
