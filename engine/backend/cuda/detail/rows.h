#pragma once
// Rows as kernels take them.

#include "engine/backend/backend.h"

#include <cstddef>
#include <cstdint>
#include <cuda_runtime.h>

namespace engine::backend::cuda {

struct RowsView {
    float *data = nullptr;
    std::size_t stride = 0;
    __device__ float *row(int index) const { return data + static_cast<std::size_t>(index) * stride; }
};

struct ConstRowsView {
    const float *data = nullptr;
    std::size_t stride = 0;
    __device__ const float *row(int index) const { return data + static_cast<std::size_t>(index) * stride; }
};

inline RowsView viewOf(const Rows &rows)
{
    return {rows.data, rows.stride};
}

inline ConstRowsView viewOf(const ConstRows &rows)
{
    return {rows.data, rows.stride};
}

/// Inputs can be read four at a time.
inline bool hasWideInputs(const ConstRows &x)
{
    return reinterpret_cast<std::uintptr_t>(x.data) % 16 == 0 && x.stride % 4 == 0;
}

} // namespace engine::backend::cuda
