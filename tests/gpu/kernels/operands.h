#pragma once
// Operands on the device, filled with numbers that are harmless to multiply: what they are does not matter here.

#include "engine/backend/backend.h"
#include "engine/memory/kv_cache.h"

#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <vector>

namespace gpu_kernels {

class Operands {
public:
    explicit Operands(engine::backend::Backend &backend) : m_backend(backend) {}

    /// FP8 with scales of blocks of 128 x 128.
    engine::backend::Matrix matrix(engine::memory::DType dtype, int rows, int cols);
    engine::backend::Vector vector(int size); ///< F32
    engine::backend::Rows rows(int rows, int width);
    engine::backend::RopeRows rope(int tokens, int width, engine::backend::RopePairs pairs);
    engine::backend::Mlp mlp(engine::memory::DType dtype, int hidden, int width);
    /// Reserved and filled; lives as long as this.
    const engine::memory::KvCache &cache(const engine::memory::KvCacheShape &shape, int tokens);

    template <typename T>
    T *copy(const std::vector<T> &values)
    {
        std::byte *const to = take(values.size() * sizeof(T));
        m_backend.memory().upload(to, values.data(), values.size() * sizeof(T));
        m_backend.synchronize();
        return reinterpret_cast<T *>(to);
    }
    std::byte *take(std::size_t bytes);
    /// The pattern again and again.
    void fill(std::byte *to, std::size_t bytes, std::span<const std::uint8_t> pattern);

private:
    engine::backend::Backend &m_backend;
    std::list<engine::memory::Buffer> m_buffers;
    std::list<engine::memory::KvCache> m_caches;
};

std::size_t area(int rows, int cols);

} // namespace gpu_kernels
