#pragma once
// Owner of a block of memory aligned for SIMD.

#include <cstddef>
#include <memory>
#include <new>
#include <span>

namespace engine::memory {

/// Move-only. The bytes of a new buffer are indeterminate.
class Buffer {
public:
    static constexpr std::size_t alignment = 64;

    Buffer() = default;
    /// Throws Error OutOfMemory naming the size.
    explicit Buffer(std::size_t bytes);

    std::byte *data() { return m_data.get(); }
    const std::byte *data() const { return m_data.get(); }
    std::size_t size() const { return m_data ? m_size : 0; }
    void fillZero();

    template <typename T>
    std::span<T> as()
    {
        return {reinterpret_cast<T *>(data()), size() / sizeof(T)};
    }
    template <typename T>
    std::span<const T> as() const
    {
        return {reinterpret_cast<const T *>(data()), size() / sizeof(T)};
    }

private:
    struct Release {
        void operator()(std::byte *block) const { ::operator delete[](block, std::align_val_t{alignment}); }
    };
    std::unique_ptr<std::byte[], Release> m_data;
    std::size_t m_size = 0;
};

} // namespace engine::memory
