#pragma once
// A cache as the ops take it.

#include "engine/backend/backend.h"
#include "engine/memory/kv_cache.h"

namespace engine::verification {

/// Layer `layer`; the call's first token has position `start`.
inline backend::CachePages viewOf(const memory::KvCache &cache, int layer, int start)
{
    backend::CachePages view;
    view.pages = cache.pages();
    view.layerOffset = cache.layerOffset(layer);
    view.pageTokens = memory::KvCache::pageTokens;
    view.dtype = cache.shape().elementType();
    view.width = cache.shape().width;
    view.start = start;
    return view;
}

} // namespace engine::verification
