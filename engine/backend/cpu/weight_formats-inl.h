// How stored weights become vectors of floats. Compiled once per instruction set: no #pragma once, but the toggle
// that foreach_target.h needs.

#if defined(ENGINE_BACKEND_CPU_WEIGHT_FORMATS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef ENGINE_BACKEND_CPU_WEIGHT_FORMATS_INL_H
#undef ENGINE_BACKEND_CPU_WEIGHT_FORMATS_INL_H
#else
#define ENGINE_BACKEND_CPU_WEIGHT_FORMATS_INL_H
#endif

#include "engine/backend/backend.h"

#include "hwy/highway.h"

#include <algorithm>
#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace engine::backend::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using FloatTag = hn::ScalableTag<float>;
using Floats = hn::Vec<FloatTag>;
constexpr FloatTag floatTag;
HWY_INLINE std::size_t lanes()
{
    return hn::Lanes(floatTag);
}

// A format has bytes per weight, load() for lanes() weights at any address and loadTwo() for twice as many. Values
// come out multiplied by 1 / unit, which the caller folds into the scale.

struct FormatF32 {
    static constexpr std::size_t bytes = 4;
    static constexpr float unit = 1.0F;
    static HWY_INLINE Floats load(const std::uint8_t *at)
    {
        return hn::LoadU(floatTag, reinterpret_cast<const float *>(at));
    }
    static HWY_INLINE void loadTwo(const std::uint8_t *at, Floats &first, Floats &second)
    {
        first = load(at);
        second = load(at + bytes * lanes());
    }
};

struct FormatBF16 {
    static constexpr std::size_t bytes = 2;
    static constexpr float unit = 1.0F;
    static HWY_INLINE Floats load(const std::uint8_t *at)
    {
        const hn::Rebind<std::uint16_t, FloatTag> halfTag;
        const hn::RebindToUnsigned<FloatTag> wordTag;
        const auto half = hn::LoadU(halfTag, reinterpret_cast<const std::uint16_t *>(at));
        return hn::BitCast(floatTag, hn::ShiftLeft<16>(hn::PromoteTo(wordTag, half)));
    }
    static HWY_INLINE void loadTwo(const std::uint8_t *at, Floats &first, Floats &second)
    {
        first = load(at);
        second = load(at + bytes * lanes());
    }
};

struct FormatF16 {
    static constexpr std::size_t bytes = 2;
    static constexpr float unit = 1.0F;
    static HWY_INLINE Floats load(const std::uint8_t *at)
    {
        const hn::Rebind<std::uint16_t, FloatTag> halfTag;
        const hn::Rebind<hwy::float16_t, FloatTag> float16Tag;
        const auto half = hn::LoadU(halfTag, reinterpret_cast<const std::uint16_t *>(at));
        return hn::PromoteTo(floatTag, hn::BitCast(float16Tag, half));
    }
    static HWY_INLINE void loadTwo(const std::uint8_t *at, Floats &first, Floats &second)
    {
        first = load(at);
        second = load(at + bytes * lanes());
    }
};

// Sign, exponent and mantissa of E4M3 moved to their places in FP16 give exactly value · 2⁻⁸ (the exponent biases
// are 7 and 15), subnormals included; the hardware conversion from FP16 does the rest. An arithmetic shift keeps the
// sign and copies it into the exponent's top bit, which the mask clears.
struct FormatE4M3 {
    static constexpr std::size_t bytes = 1;
    static constexpr float unit = 256.0F;

    template <class Tag16, class Codes>
    static HWY_INLINE auto toFloat16Bits(Tag16 tag16, Codes codes)
    {
        const hn::RebindToSigned<Tag16> signedTag;
        const auto high = hn::BitCast(signedTag, hn::ShiftLeft<8>(hn::PromoteTo(tag16, codes)));
        const auto placed = hn::BitCast(tag16, hn::ShiftRight<1>(high));
        return hn::And(placed, hn::Set(tag16, std::uint16_t{0xBF80}));
    }
    static HWY_INLINE Floats load(const std::uint8_t *at)
    {
        const hn::Rebind<std::uint8_t, FloatTag> codeTag;
        const hn::Rebind<std::uint16_t, FloatTag> halfTag;
        const hn::Rebind<hwy::float16_t, FloatTag> float16Tag;
        const auto bits = toFloat16Bits(halfTag, hn::LoadU(codeTag, at));
        return hn::PromoteTo(floatTag, hn::BitCast(float16Tag, bits));
    }
    static HWY_INLINE void loadTwo(const std::uint8_t *at, Floats &first, Floats &second)
    {
#if HWY_TARGET == HWY_SCALAR
        first = load(at);
        second = load(at + 1);
#else
        const hn::ScalableTag<std::uint16_t> fullTag;
        const hn::Rebind<std::uint8_t, decltype(fullTag)> codeTag;
        const hn::Half<decltype(fullTag)> halfTag;
        const hn::Rebind<hwy::float16_t, FloatTag> float16Tag;
        const auto bits = toFloat16Bits(fullTag, hn::LoadU(codeTag, at));
        first = hn::PromoteTo(floatTag, hn::BitCast(float16Tag, hn::LowerHalf(halfTag, bits)));
        second = hn::PromoteTo(floatTag, hn::BitCast(float16Tag, hn::UpperHalf(halfTag, bits)));
#endif
    }
};

/// Fewer than lanes() weights, the rest zero.
template <class Format>
HWY_INLINE Floats loadTail(const std::uint8_t *at, std::size_t count)
{
    alignas(64) std::uint8_t padded[HWY_MAX_BYTES] = {};
    std::memcpy(padded, at, count * Format::bytes);
    return Format::load(padded);
}

HWY_INLINE Floats loadFloats(const float *at)
{
    return hn::LoadU(floatTag, at);
}

HWY_INLINE Floats loadFloatsTail(const float *at, std::size_t count)
{
    alignas(64) float padded[HWY_MAX_BYTES / sizeof(float)] = {};
    std::memcpy(padded, at, count * sizeof(float));
    return hn::Load(floatTag, padded);
}

HWY_INLINE void storeFloatsTail(Floats values, float *at, std::size_t count)
{
    alignas(64) float padded[HWY_MAX_BYTES / sizeof(float)];
    hn::Store(values, floatTag, padded);
    std::memcpy(at, padded, count * sizeof(float));
}

HWY_INLINE float sumOf(Floats values)
{
    return hn::GetLane(hn::SumOfLanes(floatTag, values));
}

template <class Format>
HWY_INLINE const std::uint8_t *weightAt(const Matrix &matrix, int row, std::size_t col)
{
    const std::size_t index = static_cast<std::size_t>(row) * static_cast<std::size_t>(matrix.cols) + col;
    return static_cast<const std::uint8_t *>(matrix.data) + index * Format::bytes;
}

/// Factor of the weights of a row in the scale block of column `col`.
template <class Format>
HWY_INLINE float factorAt(const Matrix &matrix, int row, std::size_t col)
{
    if (matrix.scale == nullptr)
        return Format::unit;
    const int blocksPerRow = (matrix.cols + matrix.blockCols - 1) / matrix.blockCols;
    const int block = row / matrix.blockRows * blocksPerRow + static_cast<int>(col) / matrix.blockCols;
    float scale = 0.0F;
    std::memcpy(&scale, static_cast<const std::uint8_t *>(matrix.scale) + static_cast<std::size_t>(block) * 4, 4);
    return scale * Format::unit;
}

/// Columns that share a factor.
HWY_INLINE std::size_t factorWidth(const Matrix &matrix)
{
    return matrix.scale == nullptr ? 128 : static_cast<std::size_t>(matrix.blockCols);
}

/// Calls body with the format of the matrix; block types are in block_formats-inl.h.
template <class Body>
HWY_INLINE void withFormat(const Matrix &matrix, const Body &body)
{
    switch (matrix.dtype) {
    case memory::DType::F32:
        return body(FormatF32());
    case memory::DType::BF16:
        return body(FormatBF16());
    case memory::DType::F16:
        return body(FormatF16());
    default:
        return body(FormatE4M3());
    }
}

} // namespace engine::backend::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
