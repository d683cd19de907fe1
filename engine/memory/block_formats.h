#pragma once
// The block types of GGUF, value by value: plain scalar code that the SIMD kernels are compared with. Layouts as in
// ggml's ggml-common.h, values as ggml-quants.c dequantizes them. d and dmin are halves; every product below is exact
// in F32, so a value is rounded once at most (in the sum of types with an offset), whatever the order of operations.

#include "engine/memory/dtype.h"

#include <cstddef>
#include <span>

namespace engine::memory {

// Value `index` of the block that starts at `block`, at any address.

float q8_0Value(const void *block, std::size_t index); ///< d, 32 signed bytes q: d·q
float q4_0Value(const void *block, std::size_t index); ///< d, 16 bytes of two n: d·(n − 8)
float q4_1Value(const void *block, std::size_t index); ///< d, m, 16 bytes of two n: d·n + m
float q5_0Value(const void *block, std::size_t index); ///< d, 4 bytes of fifth bits, 16 of two n: d·(n − 16)
float q5_1Value(const void *block, std::size_t index); ///< d, m, 4 bytes of fifth bits, 16 of two n: d·n + m
/// d, 16 bytes of two n: d times the n-th of iq4Values, which lie closer around 0.
float iq4_NLValue(const void *block, std::size_t index);
inline constexpr std::int8_t iq4Values[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
/// d, dmin, 12 bytes of 6-bit scales and minima of 8 sub-blocks, 128 bytes of two n: d·scale·n − dmin·min
float q4_KValue(const void *block, std::size_t index);
/// d, dmin, 12 bytes as in Q4_K, 32 bytes of the fifth bits, 128 bytes of two n: d·scale·n − dmin·min
float q5_KValue(const void *block, std::size_t index);
/// 128 bytes of two n, 64 bytes of four upper pairs of bits, 16 signed scales, d: d·scale·(n − 32)
float q6_KValue(const void *block, std::size_t index);

/// The same by type; Error Internal when it is not a block type.
float blockValue(DType dtype, const void *block, std::size_t index);

/// Where a block keeps its halves, d and, in some types, dmin or m: offsets in bytes. None for plain types.
std::span<const std::size_t> blockHalves(DType dtype);

} // namespace engine::memory
