#include "engine/backend/cpu/cached_pages.h"
#include "engine/backend/cpu/kernels.h"
#include "engine/backend/cpu/ops.h"

namespace engine::backend::cpu {

void storeLatent(Parallel &parallel, const LatentArgs &args)
{
    const LatentCache &cache = args.cache;
    const int width = cache.latentWidth + cache.ropeWidth;
    const bool fp8 = cache.dtype == memory::DType::F8_E4M3;
    const std::size_t rowBytes = static_cast<std::size_t>(width) * memory::dtypeBytes(cache.dtype);
    parallel.split(args.kv.rows, 1, 4.0 * args.kv.rows * width, [&](int first, int end, int) {
        for (int token = first; token < end; ++token) {
            float *row = args.kv.row(token);
            const std::ptrdiff_t angles = static_cast<std::ptrdiff_t>(token) * (cache.ropeWidth / 2);
            rmsNormRow(row, args.norm, args.eps, row);
            rotatePairs(row + cache.latentWidth, cache.ropeWidth, args.rope.cos + angles, args.rope.sin + angles);
            const int position = cache.start + token;
            std::byte *layer = layerOf(cache, position / pageTokens);
            const int place = position % pageTokens;
            if (fp8)
                memory::putFp8Row(row, fp8LayoutOf(cache), layer, place);
            else
                putRow(row, width, cache.dtype, layer + static_cast<std::size_t>(place) * rowBytes);
        }
    });
}

} // namespace engine::backend::cpu
