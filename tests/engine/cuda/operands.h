#pragma once
// The same operands for two backends: on the host, and where the backend under test has its memory.

#include "engine/backend/backend.h"
#include "tests/engine/backend/naive.h"

#include <list>
#include <span>
#include <type_traits>
#include <vector>

namespace support {

/// Copies into a backend's memory, which live as long as this.
class Placed {
public:
    explicit Placed(engine::backend::Backend &backend) : m_backend(backend) {}

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

    engine::backend::Matrix matrix(engine::backend::Matrix matrix)
    {
        matrix.data = bytes(matrix.data, matrixBytes(matrix));
        if (matrix.scale != nullptr)
            matrix.scale = bytes(matrix.scale, blocks(matrix.rows, matrix.blockRows) *
                                                   blocks(matrix.cols, matrix.blockCols) * sizeof(float));
        matrix.bias = vector(matrix.bias);
        return matrix;
    }
    engine::backend::Vector vector(engine::backend::Vector vector)
    {
        if (vector.size > 0)
            vector.data =
                bytes(vector.data, static_cast<std::size_t>(vector.size) * engine::memory::dtypeBytes(vector.dtype));
        return vector;
    }
    engine::backend::Mlp mlp(const engine::backend::Mlp &mlp)
    {
        return {matrix(mlp.gate), matrix(mlp.up), matrix(mlp.down)};
    }

    template <typename T>
    std::vector<T> read(const T *values, std::size_t count)
    {
        std::vector<T> result(count);
        m_backend.memory().download(result.data(), values, count * sizeof(T));
        m_backend.synchronize();
        return result;
    }

private:
    const void *bytes(const void *data, std::size_t count)
    {
        return copy(std::span(static_cast<const std::byte *>(data), count));
    }
    static std::size_t blocks(int count, int size) { return static_cast<std::size_t>((count + size - 1) / size); }
    static std::size_t matrixBytes(const engine::backend::Matrix &matrix)
    {
        return static_cast<std::size_t>(matrix.rows) * static_cast<std::size_t>(matrix.cols) /
               engine::memory::blockElements(matrix.dtype) * engine::memory::blockBytes(matrix.dtype);
    }

    engine::backend::Backend &m_backend;
    std::list<engine::memory::Buffer> m_buffers;
};

} // namespace support
