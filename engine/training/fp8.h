#pragma once
// Storage formats of the exported weights, bit for bit: E4M3 with one F32 scale per
// 128x128 block, and BF16. The trainer rounds its live weights with the same functions.

#include <cstdint>
#include <vector>

namespace engine::training {

inline constexpr std::int64_t kFp8Block = 128;

struct Fp8Matrix {
    std::vector<std::uint8_t> bytes;
    std::vector<float> scales; ///< [ceil(rows/128), ceil(cols/128)], multiplies
};

float roundToBf16(float value);
std::uint16_t encodeBf16(float value);
void roundToBf16(const float *source, float *target, std::int64_t count);

/// target = what a reader of the exported FP8 matrix would see.
void fakeQuantizeFp8(const float *source, float *target, std::int64_t rows, std::int64_t cols);
Fp8Matrix encodeFp8(const float *source, std::int64_t rows, std::int64_t cols);

} // namespace engine::training
