#pragma once
// Operands where a backend has its memory.

#include "engine/backend/backend.h"

#include <list>
#include <span>
#include <vector>

namespace engine::verification {

/// Copies into a backend's memory, which live as long as this.
class Placed {
public:
    explicit Placed(backend::Backend &backend) : m_backend(backend) {}

    template <typename T>
    T *copy(std::span<const T> values)
    {
        m_buffers.push_back(m_backend.memory().allocate(values.size_bytes()));
        m_backend.memory().upload(m_buffers.back().data(), values.data(), values.size_bytes());
        m_backend.synchronize();
        return reinterpret_cast<T *>(m_buffers.back().data());
    }
    template <typename T>
    T *copy(const std::vector<T> &values)
    {
        return copy(std::span<const T>(values));
    }
    /// [rows, width], one row after the other.
    backend::Rows rows(const std::vector<float> &values, int rows, int width)
    {
        return {copy(values), rows, width, static_cast<std::size_t>(width)};
    }
    backend::Matrix matrix(backend::Matrix matrix);
    backend::Vector vector(backend::Vector vector);
    backend::Mlp mlp(const backend::Mlp &mlp) { return {matrix(mlp.gate), matrix(mlp.up), matrix(mlp.down)}; }

    template <typename T>
    std::vector<T> read(const T *values, std::size_t count)
    {
        std::vector<T> result(count);
        m_backend.memory().download(result.data(), values, count * sizeof(T));
        m_backend.synchronize();
        return result;
    }
    std::vector<float> read(const backend::Rows &rows)
    {
        return read(rows.data, static_cast<std::size_t>(rows.rows) * rows.stride);
    }

private:
    const void *bytes(const void *data, std::size_t count)
    {
        return copy(std::span(static_cast<const std::byte *>(data), count));
    }

    backend::Backend &m_backend;
    std::list<memory::Buffer> m_buffers;
};

} // namespace engine::verification
