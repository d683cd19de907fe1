#include "engine/memory/block_formats.h"

#include "engine/error.h"

#include <array>
#include <string>

namespace engine::memory {

namespace {

unsigned byteAt(const void *block, std::size_t offset)
{
    return loadUnaligned<std::uint8_t>(static_cast<const std::byte *>(block) + offset);
}

float signedByteAt(const void *block, std::size_t offset)
{
    return static_cast<float>(loadUnaligned<std::int8_t>(static_cast<const std::byte *>(block) + offset));
}

float halfAt(const void *block, std::size_t offset)
{
    return f16ToFloat(loadUnaligned<std::uint16_t>(static_cast<const std::byte *>(block) + offset));
}

unsigned nibbleAt(const void *block, std::size_t offset, bool upper)
{
    return upper ? byteAt(block, offset) >> 4 : byteAt(block, offset) & 15U;
}

unsigned bitAt(const void *block, std::size_t offset, std::size_t index)
{
    return byteAt(block, offset + index / 8) >> (index % 8) & 1U;
}

struct ScaleAndMin {
    float scale = 0.0F;
    float min = 0.0F;
};

/// Of Q4_K and Q5_K: the first four sub-blocks have the lower 6 bits of a byte each, the others 4 bits of a byte and
/// the upper 2 bits of a byte of the first four.
ScaleAndMin scaleAndMin(const void *block, std::size_t subBlock)
{
    constexpr std::size_t scales = 4;
    const auto byte = [&](std::size_t i) { return byteAt(block, scales + i); };
    unsigned scale = byte(subBlock % 4) & 63U;
    unsigned min = byte(subBlock % 4 + 4) & 63U;
    if (subBlock >= 4) {
        scale = (byte(subBlock + 4) & 15U) | (byte(subBlock - 4) >> 6 << 4);
        min = (byte(subBlock + 4) >> 4) | (byte(subBlock) >> 6 << 4);
    }
    return {halfAt(block, 0) * static_cast<float>(scale), halfAt(block, 2) * static_cast<float>(min)};
}

} // namespace

float q8_0Value(const void *block, std::size_t index)
{
    return halfAt(block, 0) * signedByteAt(block, 2 + index);
}

float q4_0Value(const void *block, std::size_t index)
{
    const auto n = static_cast<int>(nibbleAt(block, 2 + index % 16, index >= 16));
    return halfAt(block, 0) * static_cast<float>(n - 8);
}

float q4_1Value(const void *block, std::size_t index)
{
    const unsigned n = nibbleAt(block, 4 + index % 16, index >= 16);
    return halfAt(block, 0) * static_cast<float>(n) + halfAt(block, 2);
}

float q5_0Value(const void *block, std::size_t index)
{
    const auto n = static_cast<int>(nibbleAt(block, 6 + index % 16, index >= 16) | bitAt(block, 2, index) << 4);
    return halfAt(block, 0) * static_cast<float>(n - 16);
}

float q5_1Value(const void *block, std::size_t index)
{
    const unsigned n = nibbleAt(block, 8 + index % 16, index >= 16) | bitAt(block, 4, index) << 4;
    return halfAt(block, 0) * static_cast<float>(n) + halfAt(block, 2);
}

float iq4_NLValue(const void *block, std::size_t index)
{
    const unsigned n = nibbleAt(block, 2 + index % 16, index >= 16);
    return halfAt(block, 0) * static_cast<float>(iq4Values[n]);
}

float q4_KValue(const void *block, std::size_t index)
{
    const std::size_t subBlock = index / 32;
    const unsigned n = nibbleAt(block, 16 + subBlock / 2 * 32 + index % 32, subBlock % 2 == 1);
    const ScaleAndMin factors = scaleAndMin(block, subBlock);
    return factors.scale * static_cast<float>(n) - factors.min;
}

float q5_KValue(const void *block, std::size_t index)
{
    const std::size_t subBlock = index / 32;
    const unsigned fifthBit = byteAt(block, 16 + index % 32) >> subBlock & 1U;
    const unsigned n = nibbleAt(block, 48 + subBlock / 2 * 32 + index % 32, subBlock % 2 == 1) | fifthBit << 4;
    const ScaleAndMin factors = scaleAndMin(block, subBlock);
    return factors.scale * static_cast<float>(n) - factors.min;
}

float q6_KValue(const void *block, std::size_t index)
{
    const std::size_t half = index / 128;
    const std::size_t quarter = index % 128 / 32;
    const std::size_t l = index % 32;
    const unsigned lower = nibbleAt(block, half * 64 + quarter % 2 * 32 + l, quarter >= 2);
    const unsigned upper = byteAt(block, 128 + half * 32 + l) >> (2 * quarter) & 3U;
    const float scale = signedByteAt(block, 192 + index / 16);
    return halfAt(block, 208) * scale * static_cast<float>(static_cast<int>(lower | upper << 4) - 32);
}

float blockValue(DType dtype, const void *block, std::size_t index)
{
    switch (dtype) {
    case DType::Q8_0:
        return q8_0Value(block, index);
    case DType::Q4_0:
        return q4_0Value(block, index);
    case DType::Q4_K:
        return q4_KValue(block, index);
    case DType::Q5_K:
        return q5_KValue(block, index);
    case DType::Q6_K:
        return q6_KValue(block, index);
    case DType::Q4_1:
        return q4_1Value(block, index);
    case DType::Q5_0:
        return q5_0Value(block, index);
    case DType::Q5_1:
        return q5_1Value(block, index);
    case DType::IQ4_NL:
        return iq4_NLValue(block, index);
    default:
        throw Error(ErrorCode::Internal, {}, {},
                    "Elements of type " + std::string(dtypeName(dtype)) + " were read as a block.");
    }
}

std::span<const std::size_t> blockHalves(DType dtype)
{
    static constexpr std::array<std::size_t, 2> first = {0, 2};
    static constexpr std::array<std::size_t, 1> last = {208};
    switch (dtype) {
    case DType::Q8_0:
    case DType::Q4_0:
    case DType::Q5_0:
    case DType::IQ4_NL:
        return std::span(first).first(1);
    case DType::Q4_1:
    case DType::Q5_1:
    case DType::Q4_K:
    case DType::Q5_K:
        return first;
    case DType::Q6_K:
        return last;
    default:
        return {};
    }
}

} // namespace engine::memory
