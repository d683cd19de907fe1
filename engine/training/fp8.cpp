#include "engine/training/fp8.h"

#include <algorithm>
#include <bit>
#include <cmath>

// Compile this file without -ffast-math: the rounding below relies on exact float addition.

namespace engine::training {
namespace {

constexpr float kE4m3Max = 448.0F;
constexpr float kSmallestNormal = 0x1p-6F;
constexpr float kSubnormalRounder = 1.5F * 0x1p23F * 0x1p-9F;

/// Nearest E4M3 value, ties to even; |value| must not exceed 448 by more than rounding.
inline float roundToE4m3(float value)
{
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t rounded = (bits + 0x7FFFFU + ((bits >> 20) & 1U)) & 0xFFF00000U;
    const float normal = std::bit_cast<float>(rounded);
    const float subnormal = (value + kSubnormalRounder) - kSubnormalRounder;
    return std::fabs(value) < kSmallestNormal ? subnormal : normal;
}

std::uint8_t encodeE4m3(float exact)
{
    const std::uint8_t sign = std::signbit(exact) ? 0x80 : 0;
    const float magnitude = std::fabs(exact);
    if (magnitude < kSmallestNormal)
        return sign | static_cast<std::uint8_t>(magnitude * 0x1p9F);
    const auto bits = std::bit_cast<std::uint32_t>(magnitude);
    const std::uint32_t exponent = (bits >> 23) - 120U;
    return sign | static_cast<std::uint8_t>((exponent << 3) | ((bits >> 20) & 7U));
}

struct Block {
    std::int64_t row0, row1, col0, col1;
};

float blockScale(const float *source, std::int64_t cols, const Block &block)
{
    float amax = 0.0F;
    for (std::int64_t r = block.row0; r < block.row1; ++r)
        for (std::int64_t c = block.col0; c < block.col1; ++c)
            amax = std::max(amax, std::fabs(source[r * cols + c]));
    return amax > 0.0F ? amax / kE4m3Max : 1.0F;
}

template <typename Visit>
void forEachBlock(std::int64_t rows, std::int64_t cols, Visit visit)
{
    for (std::int64_t r = 0; r < rows; r += kFp8Block)
        for (std::int64_t c = 0; c < cols; c += kFp8Block)
            visit(Block{r, std::min(rows, r + kFp8Block), c, std::min(cols, c + kFp8Block)});
}

} // namespace

std::uint16_t encodeBf16(float value)
{
    const auto bits = std::bit_cast<std::uint32_t>(value);
    return static_cast<std::uint16_t>((bits + 0x7FFFU + ((bits >> 16) & 1U)) >> 16);
}

float roundToBf16(float value)
{
    return std::bit_cast<float>(static_cast<std::uint32_t>(encodeBf16(value)) << 16);
}

void roundToBf16(const float *source, float *target, std::int64_t count)
{
    for (std::int64_t i = 0; i < count; ++i)
        target[i] = roundToBf16(source[i]);
}

void fakeQuantizeFp8(const float *source, float *target, std::int64_t rows, std::int64_t cols)
{
    forEachBlock(rows, cols, [&](const Block &block) {
        const float scale = blockScale(source, cols, block);
        for (std::int64_t r = block.row0; r < block.row1; ++r)
            for (std::int64_t c = block.col0; c < block.col1; ++c)
                target[r * cols + c] = roundToE4m3(source[r * cols + c] / scale) * scale;
    });
}

Fp8Matrix encodeFp8(const float *source, std::int64_t rows, std::int64_t cols)
{
    Fp8Matrix out;
    out.bytes.resize(static_cast<std::size_t>(rows * cols));
    forEachBlock(rows, cols, [&](const Block &block) {
        const float scale = blockScale(source, cols, block);
        out.scales.push_back(scale);
        for (std::int64_t r = block.row0; r < block.row1; ++r)
            for (std::int64_t c = block.col0; c < block.col1; ++c)
                out.bytes[static_cast<std::size_t>(r * cols + c)] =
                    encodeE4m3(roundToE4m3(source[r * cols + c] / scale));
    });
    return out;
}

} // namespace engine::training
