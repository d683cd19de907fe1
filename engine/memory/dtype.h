#pragma once
// Element types of tensors, spelled as in safetensors and GGUF, and exact scalar conversions.
// Float → narrow conversions round to nearest, ties to even.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace engine::memory {

enum class DType : std::uint8_t {
    F32,
    F16,
    BF16,
    F8_E4M3, ///< E4M3FN: no infinity, NaN = 0x7F and 0xFF, largest 448
    F8_E5M2,
    F8_E8M0,
    F64,
    I64,
    U64,
    I32,
    U32,
    I16,
    U16,
    I8,
    U8,
    BOOL,
    Q8_0, ///< this and the next: quantised in blocks, as in GGUF (block_formats.h); never in safetensors
    Q4_0,
    Q4_K,
    Q5_K,
    Q6_K,
    Q4_1,
    Q5_0,
    Q5_1,
    IQ4_NL,
};

/// Bytes of one element. A block type has no such number: Error Internal.
std::size_t dtypeBytes(DType dtype);
/// Elements that are stored together, and the bytes they take: 32 and 34 for Q8_0, 1 and 2 for BF16. The innermost
/// dimension of a tensor is a multiple of blockElements().
std::size_t blockElements(DType dtype);
std::size_t blockBytes(DType dtype);
bool isBlockType(DType dtype);           ///< Q8_0 and those after it
std::string_view dtypeName(DType dtype); ///< "BF16" as in safetensors, "Q4_K" as in GGUF
/// The type a safetensors header names; nullopt: none of this list, or a block type, which safetensors does not have.
std::optional<DType> dtypeFromName(std::string_view name);
/// F32, F16, BF16 or F8_E4M3: what a weight matrix in safetensors may hold. From GGUF it may be a block type, too.
bool isFloatMatrixType(DType dtype);

/// Reads a T from any address. Tensor data in a checkpoint has no alignment guarantee, so a plain
/// dereference of a float pointer into it is undefined; this (or an unaligned SIMD load) is not.
template <typename T>
inline T loadUnaligned(const void *address) noexcept
{
    T value;
    std::memcpy(&value, address, sizeof value);
    return value;
}

inline float bf16ToFloat(std::uint16_t bits) noexcept
{
    return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

inline std::uint16_t floatToBf16(float value) noexcept
{
    const auto bits = std::bit_cast<std::uint32_t>(value);
    if ((bits & 0x7FFFFFFFU) > 0x7F800000U) {
        return static_cast<std::uint16_t>((bits >> 16) | 0x0040U); // NaN stays NaN, made quiet
    }
    return static_cast<std::uint16_t>((bits + 0x7FFFU + ((bits >> 16) & 1U)) >> 16);
}

inline float f16ToFloat(std::uint16_t half) noexcept
{
    const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000U) << 16;
    const std::uint32_t magnitude = half & 0x7FFFU;
    if (magnitude >= 0x7C00U) { // infinity or NaN
        return std::bit_cast<float>(sign | 0x7F800000U | ((magnitude & 0x03FFU) << 13));
    }
    if (magnitude < 0x0400U) { // zero or subnormal: magnitude · 2^-24 is exact in F32
        const float value = static_cast<float>(magnitude) * 0x1p-24F;
        return std::bit_cast<float>(std::bit_cast<std::uint32_t>(value) | sign);
    }
    return std::bit_cast<float>(sign | ((magnitude << 13) + (112U << 23))); // bias 15 → 127
}

inline std::uint16_t floatToF16(float value) noexcept
{
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t sign = (bits >> 16) & 0x8000U;
    const std::uint32_t magnitude = bits & 0x7FFFFFFFU;
    if (magnitude > 0x7F800000U) {
        return static_cast<std::uint16_t>(sign | 0x7E00U);
    }
    if (magnitude >= 0x477FF000U) { // 65520 and more round to infinity
        return static_cast<std::uint16_t>(sign | 0x7C00U);
    }
    if (magnitude < 0x38800000U) { // below 2^-14: adding 0.5 puts the rounded multiple of 2^-24 into the low bits
        const float shifted = std::bit_cast<float>(magnitude) + 0.5F;
        return static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(shifted) - 0x3F000000U));
    }
    const std::uint32_t rounded = magnitude + 0x0FFFU + ((magnitude >> 13) & 1U);
    return static_cast<std::uint16_t>(sign | ((rounded - (112U << 23)) >> 13));
}

inline float e4m3ToFloat(std::uint8_t code) noexcept
{
    const std::uint32_t sign = static_cast<std::uint32_t>(code & 0x80U) << 24;
    const std::uint32_t magnitude = code & 0x7FU;
    if (magnitude == 0x7FU) {
        return std::bit_cast<float>(sign | 0x7FC00000U);
    }
    if (magnitude < 0x08U) { // zero or subnormal: multiples of 2^-9
        const float value = static_cast<float>(magnitude) * 0x1p-9F;
        return std::bit_cast<float>(std::bit_cast<std::uint32_t>(value) | sign);
    }
    return std::bit_cast<float>(sign | ((magnitude << 20) + (120U << 23))); // bias 7 → 127
}

/// Saturates to ±448 (infinity too); NaN gives 0x7F with its sign.
inline std::uint8_t floatToE4m3(float value) noexcept
{
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t sign = (bits >> 24) & 0x80U;
    const std::uint32_t magnitude = bits & 0x7FFFFFFFU;
    if (magnitude > 0x7F800000U) {
        return static_cast<std::uint8_t>(sign | 0x7FU);
    }
    if (magnitude >= 0x43E00000U) { // 448
        return static_cast<std::uint8_t>(sign | 0x7EU);
    }
    if (magnitude < 0x3C800000U) { // below 2^-6: adding 2^14 leaves multiples of 2^-9 in the low bits
        const float shifted = std::bit_cast<float>(magnitude) + 0x1p14F;
        return static_cast<std::uint8_t>(sign | (std::bit_cast<std::uint32_t>(shifted) - 0x46800000U));
    }
    const std::uint32_t rounded = magnitude + 0x7FFFFU + ((magnitude >> 20) & 1U);
    return static_cast<std::uint8_t>(sign | ((rounded - (120U << 23)) >> 20));
}

} // namespace engine::memory
