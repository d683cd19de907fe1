#include "engine/backend/cpu/kernels.h"
#include "engine/backend/cpu/ops.h"

#include <cstring>

namespace engine::backend::cpu {

namespace {

/// Writes the row in the cache's type.
void put(const float *row, int width, memory::DType dtype, std::byte *out)
{
    if (dtype == memory::DType::F32) {
        std::memcpy(out, row, static_cast<std::size_t>(width) * sizeof(float));
        return;
    }
    for (int i = 0; i < width; ++i) {
        const std::uint16_t bits = memory::floatToBf16(row[i]);
        std::memcpy(out + 2 * static_cast<std::ptrdiff_t>(i), &bits, sizeof bits);
    }
}

} // namespace

void storeLatent(Parallel &parallel, const LatentArgs &args)
{
    const CacheLayer &cache = args.cache;
    const int width = cache.latentWidth + cache.ropeWidth;
    const std::size_t rowBytes = static_cast<std::size_t>(width) * memory::dtypeBytes(cache.dtype);
    parallel.split(args.kv.rows, 1, 4.0 * args.kv.rows * width, [&](int first, int end, int) {
        for (int token = first; token < end; ++token) {
            float *row = args.kv.row(token);
            const std::ptrdiff_t angles = static_cast<std::ptrdiff_t>(token) * (cache.ropeWidth / 2);
            rmsNormRow(row, args.norm, args.eps, row);
            rotatePairs(row + cache.latentWidth, cache.ropeWidth, args.rope.cos + angles, args.rope.sin + angles);
            const auto position = static_cast<std::size_t>(cache.start + token);
            const auto pageTokens = static_cast<std::size_t>(cache.pageTokens);
            put(row, width, cache.dtype,
                cache.pages[position / pageTokens] + cache.layerOffset + position % pageTokens * rowBytes);
        }
    });
}

} // namespace engine::backend::cpu
