#include "engine/backend/cuda/detail/blocks.cuh"
#include "engine/backend/cuda/detail/earlier.cuh"
#include "engine/backend/cuda/detail/ops.h"
#include "engine/backend/cuda/detail/rows.h"

namespace engine::backend::cuda {

namespace {

template <class Format>
__global__ void embedKernel(const std::int32_t *ids, WeightView table, RowsView out)
{
    waitForEarlier();
    const int token = static_cast<int>(blockIdx.x);
    const int row = ids[token];
    const std::uint8_t *from = table.data + static_cast<std::size_t>(row) * rowBytesOf<Format>(table.cols);
    float *to = out.row(token);
    for (int col = static_cast<int>(threadIdx.x); col < table.cols; col += static_cast<int>(blockDim.x))
        to[col] = weightAt<Format>(from, col) * table.scaleAt(row, col);
}

} // namespace

void embed(Queue &queue, std::span<const std::int32_t> ids, const Matrix &table, const Rows &out)
{
    const bool known = withAnyFormat(table.dtype, [&](auto format) {
        launch(queue, embedKernel<decltype(format)>, dim3(static_cast<unsigned>(ids.size())), dim3(256), ids.data(),
               viewOf(table), viewOf(out));
    });
    if (!known)
        queue.note(cudaErrorInvalidValue);
}

} // namespace engine::backend::cuda
