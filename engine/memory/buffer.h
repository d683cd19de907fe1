#pragma once
// Owner of a block of memory, of the host or of a device.

#include <cstddef>
#include <memory>
#include <new>
#include <span>

namespace engine::memory {

/// How a block is given back; `free` is handed `context`. By default it is host memory.
struct BufferRelease {
    void (*free)(void *context, std::byte *block) = nullptr;
    void *context = nullptr;
    void operator()(std::byte *block) const;
};

/// Move-only. The bytes of a new buffer are indeterminate.
class Buffer {
public:
    static constexpr std::size_t alignment = 64;

    Buffer() = default;
    /// Host memory. Throws Error OutOfMemory naming the size.
    explicit Buffer(std::size_t bytes);

    /// Takes over `block`, which may lie on a device: then only its address can be used here.
    Buffer(std::byte *block, std::size_t bytes, BufferRelease release) : m_data(block, release), m_size(bytes) {}

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
    std::unique_ptr<std::byte[], BufferRelease> m_data;
    std::size_t m_size = 0;
};

} // namespace engine::memory
