#include "engine/verification/placed.h"

namespace engine::verification {

namespace {

std::size_t blocks(int count, int size)
{
    return static_cast<std::size_t>((count + size - 1) / size);
}

std::size_t matrixBytes(const backend::Matrix &matrix)
{
    const std::size_t elements = static_cast<std::size_t>(matrix.rows) * static_cast<std::size_t>(matrix.cols);
    return elements / memory::blockElements(matrix.dtype) * memory::blockBytes(matrix.dtype);
}

} // namespace

backend::Matrix Placed::matrix(backend::Matrix matrix)
{
    matrix.data = bytes(matrix.data, matrixBytes(matrix));
    if (matrix.scale != nullptr)
        matrix.scale = bytes(matrix.scale, blocks(matrix.rows, matrix.blockRows) *
                                               blocks(matrix.cols, matrix.blockCols) * sizeof(float));
    matrix.bias = vector(matrix.bias);
    return matrix;
}

backend::Vector Placed::vector(backend::Vector vector)
{
    if (vector.size > 0)
        vector.data = bytes(vector.data, static_cast<std::size_t>(vector.size) * memory::dtypeBytes(vector.dtype));
    return vector;
}

} // namespace engine::verification
