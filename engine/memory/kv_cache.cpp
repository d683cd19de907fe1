#include "engine/memory/kv_cache.h"

#include "engine/error.h"
#include "engine/memory/fp8_latents.h"

#include <algorithm>
#include <string>

namespace engine::memory {

namespace {

std::size_t pageBytes(const KvCacheShape &shape)
{
    return shape.bytesPerToken() * static_cast<std::size_t>(KvCache::pageTokens);
}

int pagesFor(int tokens)
{
    return (tokens + KvCache::pageTokens - 1) / KvCache::pageTokens;
}

} // namespace

CacheType KvCacheShape::resolvedType() const
{
    if (type != CacheType::Automatic)
        return type;
    const std::size_t bytes = static_cast<std::size_t>(layers) * static_cast<std::size_t>(width) * sizeof(float);
    return bytes <= smallCacheBytes ? CacheType::F32 : CacheType::BF16;
}

DType KvCacheShape::elementType() const
{
    const CacheType resolved = resolvedType();
    if (resolved == CacheType::Fp8)
        return DType::F8_E4M3;
    return resolved == CacheType::F32 ? DType::F32 : DType::BF16;
}

std::size_t KvCacheShape::rowBytes() const
{
    if (resolvedType() == CacheType::Fp8)
        return Fp8Latents{latentWidth, width - latentWidth, KvCache::pageTokens}.bytesPerToken();
    return static_cast<std::size_t>(width) * dtypeBytes(elementType());
}

std::uint64_t KvCacheShape::bytesPerToken() const
{
    return static_cast<std::uint64_t>(layers) * rowBytes();
}

Buffer KvCache::makePage() const
{
    try {
        return m_memory->allocate(pageBytes(m_shape));
    } catch (const Error &error) {
        if (error.code() != ErrorCode::OutOfMemory)
            throw;
        throw Error(ErrorCode::OutOfMemory, {}, {},
                    "There is no memory for another " + std::to_string(pageBytes(m_shape)) + " bytes of the KV cache.");
    }
}

KvCache::KvCache(const KvCacheShape &shape, MemorySpace &memory) : m_shape(shape), m_memory(&memory)
{
    m_shape.type = shape.resolvedType();
    const auto pages = static_cast<std::size_t>(pagesFor(m_shape.capacity));
    m_pages.reserve(pages);
    m_table.reserve(pages);
}

KvCache KvCache::fork(int length) const
{
    KvCache copy(m_shape, *m_memory);
    copy.m_length = std::min(length, m_length);
    const auto pages = pagesFor(copy.m_length);
    copy.m_pages.assign(m_pages.begin(), m_pages.begin() + pages);
    copy.m_table.assign(m_table.begin(), m_table.begin() + pages);
    return copy;
}

void KvCache::truncate(int length)
{
    if (length >= m_length)
        return;
    m_length = std::max(length, 0);
    dropUnusedPages();
}

void KvCache::dropUnusedPages()
{
    const auto pages = static_cast<std::size_t>(pagesFor(m_length));
    m_pages.resize(pages);
    m_table.resize(pages);
}

std::uint64_t KvCache::bytes() const
{
    return m_pages.size() * static_cast<std::uint64_t>(pageBytes(m_shape));
}

std::size_t KvCache::layerOffset(int layer) const
{
    return static_cast<std::size_t>(layer) * pageTokens * m_shape.rowBytes();
}

void KvCache::reserve(int tokens)
{
    if (tokens < 0 || tokens > m_shape.capacity - m_length)
        throw Error(ErrorCode::RequestInvalid, {}, {},
                    std::to_string(tokens) + " more tokens do not fit into a KV cache of " +
                        std::to_string(m_shape.capacity) + " tokens that holds " + std::to_string(m_length) + ".");
    if (tokens == 0)
        return;
    try {
        makeWritable(m_length / pageTokens);
        const auto end = static_cast<std::size_t>(pagesFor(m_length + tokens));
        while (m_pages.size() < end) {
            m_pages.push_back(std::make_shared<Buffer>(makePage()));
            m_table.push_back(m_pages.back()->data());
        }
    } catch (const Error &) {
        dropUnusedPages();
        throw;
    }
}

/// Copies a page that a fork still refers to. Only the partly filled one can be shared and about to be written.
void KvCache::makeWritable(int page)
{
    const auto index = static_cast<std::size_t>(page);
    if (index >= m_pages.size() || m_pages[index].use_count() == 1)
        return;
    auto own = std::make_shared<Buffer>(makePage());
    m_memory->copy(own->data(), m_table[index], pageBytes(m_shape));
    m_table[index] = own->data();
    m_pages[index] = std::move(own);
}

void KvCache::commit(int tokens)
{
    m_length += tokens;
}

} // namespace engine::memory
