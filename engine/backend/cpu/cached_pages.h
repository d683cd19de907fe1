#pragma once
// The cache, page by page.

#include "engine/backend/backend.h"
#include "engine/memory/fp8_latents.h"
#include "engine/memory/kv_cache.h"

#include <algorithm>

namespace engine::backend::cpu {

inline constexpr int pageTokens = memory::KvCache::pageTokens;

inline int pagesOf(int tokens)
{
    return (tokens + pageTokens - 1) / pageTokens;
}

/// Positions of a page that come before position `end`.
inline int filledRows(int page, int end)
{
    return std::min(pageTokens, end - page * pageTokens);
}

inline std::byte *layerOf(const CachePages &cache, int page)
{
    return cache.pages[static_cast<std::size_t>(page)] + cache.layerOffset;
}

inline memory::Fp8Latents fp8LayoutOf(const LatentCache &cache)
{
    return {cache.latentWidth, cache.ropeWidth, pageTokens};
}

enum class HeadPart { Keys, Values };

/// Keys or values of one head at one position, [headWidth].
inline std::byte *headRow(const KeyValueCache &cache, int position, int head, HeadPart part)
{
    const auto block = static_cast<std::size_t>(2 * head + (part == HeadPart::Keys ? 0 : 1));
    const std::size_t row = block * pageTokens + static_cast<std::size_t>(position % pageTokens);
    const std::size_t rowBytes = static_cast<std::size_t>(cache.headWidth) * memory::dtypeBytes(cache.dtype);
    return layerOf(cache, position / pageTokens) + row * rowBytes;
}

/// Keys or values of one head in the first `rows` positions of a page, [rows, headWidth].
inline Matrix headMatrix(const KeyValueCache &cache, int page, int head, HeadPart part, int rows)
{
    Matrix matrix;
    matrix.data = headRow(cache, page * pageTokens, head, part);
    matrix.dtype = cache.dtype;
    matrix.rows = rows;
    matrix.cols = cache.headWidth;
    return matrix;
}

/// Writes a row in the cache's type, F32 or BF16.
void putRow(const float *row, int width, memory::DType dtype, std::byte *out);

} // namespace engine::backend::cpu
