#pragma once
// What the copy engine of compute capability 9.0 has to know of a matrix in global memory. The driver's function that
// encodes it is asked for at run time, so that nothing is linked against the driver.

#include <cstddef>
#include <cstdint>
#include <cuda.h>
#include <cuda_runtime.h>

namespace engine::backend::cuda {

/// A matrix, `stride` bytes from row to row, and the box that a copy takes of it.
struct Boxes {
    const void *data = nullptr;
    CUtensorMapDataType type = CU_TENSOR_MAP_DATA_TYPE_UINT8;
    int rows = 0;
    int cols = 0;
    std::size_t stride = 0;
    int boxRows = 0;
    int boxCols = 0;
    bool swizzled = false; ///< by 128 bytes, which boxCols then are
};

class TensorMapEncoder {
public:
    /// Without the driver's function nothing can be encoded.
    static TensorMapEncoder find();

    bool isFound() const { return m_encode != nullptr; }
    cudaError_t encode(CUtensorMap &map, const Boxes &boxes) const;

private:
    void *m_encode = nullptr;
};

/// Addresses and strides are multiples of it.
constexpr std::size_t tensorAlignment = 16;

} // namespace engine::backend::cuda
