#pragma once
// The latent cache, page by page.

#include "engine/backend/backend.h"
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

/// The first `rows` positions of a page as a matrix [rows, latentWidth + ropeWidth].
inline Matrix pageMatrix(const CacheLayer &cache, int page, int rows)
{
    Matrix matrix;
    matrix.data = cache.pages[static_cast<std::size_t>(page)] + cache.layerOffset;
    matrix.dtype = cache.dtype;
    matrix.rows = rows;
    matrix.cols = cache.latentWidth + cache.ropeWidth;
    return matrix;
}

} // namespace engine::backend::cpu
