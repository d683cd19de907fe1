#pragma once
// Activations in FP8, as the products of FP8 weights on FP8 tensor cores take them.

#include <cstdint>

namespace engine::backend::cuda {

/// Rows [rows, width] of E4M3 values, row-major without gaps, `width` a multiple of 128, on 16 bytes. 128 values of a
/// row that start at a multiple of 128 share a scale: value · scales[col / 128 · scaleStride + row], so the scales of
/// neighbouring rows are neighbours.
struct QuantisedRows {
    const std::uint8_t *values = nullptr;
    const float *scales = nullptr; ///< [width / 128, scaleStride], on 16 bytes
    int rows = 0;
    int width = 0;
    int scaleStride = 0; ///< rows, rounded up to a multiple of 4
};

} // namespace engine::backend::cuda
