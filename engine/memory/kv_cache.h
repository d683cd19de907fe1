#pragma once
// What attention remembers of the past: per token and layer the latent c (after kv_a_layernorm) and the shared
// rotary key (after RoPE), as in DeepSeek-V2 (2405.04434) §2.1: kv_lora_rank + qk_rope_head_dim numbers, whatever
// the number of heads.

#include "engine/cache_format.h"
#include "engine/memory/dtype.h"
#include "engine/memory/memory_space.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace engine::memory {

using CacheType = CacheFormat;
/// Automatic is F32 while a token then takes no more than this.
inline constexpr std::size_t smallCacheBytes = 8192;

struct KvCacheShape {
    int layers = 0;
    int width = 0;    ///< numbers per token and layer: kv_lora_rank + qk_rope_head_dim
    int capacity = 0; ///< tokens
    CacheType type = CacheType::Automatic;
    int latentWidth = 0; ///< of width, in Fp8: kv_lora_rank

    CacheType resolvedType() const; ///< F32, BF16 or Fp8
    DType elementType() const;      ///< F8_E4M3 stands for Fp8: see fp8_latents.h
    /// Of one token in one layer: width numbers in F32 or BF16, or Fp8Latents::bytesPerToken().
    std::size_t rowBytes() const;
    std::uint64_t bytesPerToken() const; ///< layers · rowBytes()
};

/// One sequence. Memory comes in pages of pageTokens tokens, taken when a token needs one; a fork shares the pages
/// and copies a page only when one side writes into it. Thread contract: a cache and its forks belong to one thread.
class KvCache {
public:
    static constexpr int pageTokens = 64;

    /// The pages come from `memory`, which must outlive the cache and its forks.
    explicit KvCache(const KvCacheShape &shape, MemorySpace &memory = hostMemory());
    KvCache(KvCache &&) noexcept = default;
    KvCache &operator=(KvCache &&) noexcept = default;
    KvCache(const KvCache &) = delete;
    KvCache &operator=(const KvCache &) = delete;

    /// A second sequence with the same first `length` tokens (at most length()).
    KvCache fork(int length) const;
    KvCache fork() const { return fork(m_length); }

    const KvCacheShape &shape() const { return m_shape; }
    int length() const { return m_length; }
    int capacity() const { return m_shape.capacity; }
    void truncate(int length); ///< no effect when length() is already smaller

    std::uint64_t bytes() const; ///< of the pages this sequence refers to, shared ones counted whole

    /// Makes the pages of positions length() … length() + tokens − 1 present and this sequence's own.
    /// Errors: RequestInvalid past the capacity, OutOfMemory naming the bytes; the cache is then unchanged.
    void reserve(int tokens);
    /// The reserved positions have been written in every layer: length() grows by `tokens`.
    void commit(int tokens);

    /// Page p holds positions [p · pageTokens, (p + 1) · pageTokens), pageTokens · rowBytes() of each layer in turn.
    std::span<std::byte *const> pages() const { return m_table; }
    std::size_t layerOffset(int layer) const; ///< bytes from the start of a page

private:
    Buffer makePage() const;

    void dropUnusedPages();
    void makeWritable(int page);

    KvCacheShape m_shape;
    MemorySpace *m_memory;
    int m_length = 0;
    std::vector<std::shared_ptr<Buffer>> m_pages;
    std::vector<std::byte *> m_table; ///< start of each page's memory
};

} // namespace engine::memory
