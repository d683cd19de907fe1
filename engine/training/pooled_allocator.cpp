#include "engine/training/pooled_allocator.h"

#include <c10/core/CPUAllocator.h>
#include <torch/version.h>

#include <bit>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>
#include <unordered_map>
#include <vector>

namespace engine::training {
namespace {

constexpr std::size_t kAlignment = 64;

/// Rounded up to a power of two or a quarter of the way to the next one.
std::size_t sizeClass(std::size_t bytes)
{
    if (bytes <= 4 * kAlignment)
        return (bytes + kAlignment - 1) / kAlignment * kAlignment;
    const std::size_t quarter = std::bit_floor(bytes - 1) / 4;
    return (bytes + quarter - 1) / quarter * quarter;
}

class Pool {
public:
    void *take(std::size_t bytes)
    {
        const std::size_t size = sizeClass(bytes);
        const std::lock_guard lock(m_mutex);
        auto &free = m_free[size];
        if (free.empty())
            return create(size);
        void *block = free.back();
        free.pop_back();
        return block;
    }

    void give(void *block)
    {
        const std::lock_guard lock(m_mutex);
        m_free[m_size[block]].push_back(block);
    }

private:
    void *create(std::size_t size)
    {
        void *block = std::aligned_alloc(kAlignment, size);
        if (!block)
            throw std::bad_alloc();
        m_size[block] = size;
        return block;
    }

    std::mutex m_mutex;
    std::unordered_map<std::size_t, std::vector<void *>> m_free;
    std::unordered_map<void *, std::size_t> m_size;
};

/// Outlives every tensor, those of static storage included.
Pool &pool()
{
    static auto *instance = new Pool;
    return *instance;
}

void release(void *block)
{
    if (block)
        pool().give(block);
}

// The interface of c10::Allocator gained copy_data and lost a const in PyTorch 2.3.
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 3)
#define BATHYSCOPE_ALLOCATE_CONST
#else
#define BATHYSCOPE_ALLOCATE_CONST const
#endif

class PooledAllocator final : public c10::Allocator {
public:
    c10::DataPtr allocate(std::size_t bytes) BATHYSCOPE_ALLOCATE_CONST override
    {
        void *block = bytes == 0 ? nullptr : pool().take(bytes);
        return {block, block, &release, c10::Device(c10::DeviceType::CPU)};
    }
    c10::DeleterFnPtr raw_deleter() const override { return &release; }
    void copy_data(void *target, const void *source, std::size_t bytes) const { std::memcpy(target, source, bytes); }
};

} // namespace

void installPooledAllocator()
{
    static auto *allocator = new PooledAllocator;
    c10::SetCPUAllocator(allocator, 1);
}

} // namespace engine::training
