#include "engine/verification/random_operands.h"

#include "engine/memory/block_formats.h"

#include <cstring>
#include <random>

namespace engine::verification {

using memory::DType;

namespace {

std::size_t ceilDivide(int a, int b)
{
    return static_cast<std::size_t>((a + b - 1) / b);
}

void store(float value, DType dtype, std::uint8_t *at)
{
    if (dtype == DType::F32) {
        std::memcpy(at, &value, 4);
    } else if (dtype == DType::F8_E4M3) {
        *at = memory::floatToE4m3(value);
    } else {
        const std::uint16_t bits = dtype == DType::BF16 ? memory::floatToBf16(value) : memory::floatToF16(value);
        std::memcpy(at, &bits, 2);
    }
}

/// The largest d for which no weight is above 1, when dmin takes half of it.
float largestFactor(DType dtype)
{
    switch (dtype) {
    case DType::Q8_0:
        return 1.0F / 128.0F;
    case DType::Q4_0:
        return 1.0F / 8.0F;
    case DType::Q5_0:
        return 1.0F / 16.0F;
    case DType::Q4_1:
        return 0.5F / 15.0F;
    case DType::Q5_1:
        return 0.5F / 31.0F;
    case DType::IQ4_NL:
        return 1.0F / 127.0F;
    case DType::Q4_K:
        return 0.5F / (63.0F * 15.0F);
    case DType::Q5_K:
        return 0.5F / (63.0F * 31.0F);
    default:
        return 1.0F / (128.0F * 32.0F);
    }
}

/// What the second half of a block is multiplied by at most.
float secondFactor(DType dtype)
{
    return dtype == DType::Q4_K || dtype == DType::Q5_K ? 63.0F : 1.0F;
}

/// Random bytes with halves of both signs.
std::vector<std::uint8_t> randomBlocks(DType dtype, std::size_t count, unsigned seed)
{
    const std::size_t size = memory::blockBytes(dtype);
    const auto halves = memory::blockHalves(dtype);
    std::mt19937 random(seed);
    std::vector<std::uint8_t> bytes(count * size);
    for (std::uint8_t &byte : bytes)
        byte = static_cast<std::uint8_t>(random() >> 24);
    const auto factors = randomFloats(count * halves.size(), seed + 1);
    for (std::size_t i = 0; i < factors.size(); ++i) {
        const std::size_t which = i % halves.size();
        const float largest = which == 0 ? largestFactor(dtype) : 0.5F / secondFactor(dtype);
        const std::uint16_t half = memory::floatToF16(factors[i] * largest);
        std::memcpy(bytes.data() + i / halves.size() * size + halves[which], &half, sizeof half);
    }
    return bytes;
}

} // namespace

RandomMatrix::RandomMatrix(DType dtype, int rows, int cols, unsigned seed, std::size_t offset, bool scaled)
    : m_dtype(dtype), m_rows(rows), m_cols(cols), m_offset(offset)
{
    const std::size_t count = static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols);
    if (memory::isBlockType(dtype)) {
        m_bytes = randomBlocks(dtype, count / memory::blockElements(dtype), seed);
        m_bytes.insert(m_bytes.begin(), offset, 0);
        return;
    }
    const std::size_t size = memory::dtypeBytes(dtype);
    const auto values = randomFloats(count, seed);
    m_bytes.resize(values.size() * size + offset);
    for (std::size_t i = 0; i < values.size(); ++i)
        store(values[i], dtype, m_bytes.data() + offset + i * size);
    if (dtype == DType::F8_E4M3 && scaled) {
        m_scales = randomFloats(ceilDivide(rows, 128) * ceilDivide(cols, 128), seed + 1);
        for (float &scale : m_scales)
            scale = 0.5F + 0.25F * scale;
    }
}

backend::Matrix RandomMatrix::view() const
{
    return {m_bytes.data() + m_offset, m_dtype, m_rows, m_cols, m_scales.empty() ? nullptr : m_scales.data()};
}

double RandomMatrix::at(int row, int col) const
{
    const std::size_t index =
        static_cast<std::size_t>(row) * static_cast<std::size_t>(m_cols) + static_cast<std::size_t>(col);
    if (memory::isBlockType(m_dtype)) {
        const std::size_t elements = memory::blockElements(m_dtype);
        const std::size_t block = index / elements * memory::blockBytes(m_dtype);
        return memory::blockValue(m_dtype, m_bytes.data() + m_offset + block, index % elements);
    }
    const std::uint8_t *at = m_bytes.data() + m_offset + index * memory::dtypeBytes(m_dtype);
    const auto half = [&] { return memory::loadUnaligned<std::uint16_t>(at); };
    switch (m_dtype) {
    case DType::F32:
        return memory::loadUnaligned<float>(at);
    case DType::BF16:
        return memory::bf16ToFloat(half());
    case DType::F16:
        return memory::f16ToFloat(half());
    default:
        break;
    }
    const std::size_t block =
        static_cast<std::size_t>(row / 128) * ceilDivide(m_cols, 128) + static_cast<std::size_t>(col / 128);
    return memory::e4m3ToFloat(*at) * static_cast<double>(m_scales.empty() ? 1.0F : m_scales[block]);
}

std::vector<float> randomFloats(std::size_t count, unsigned seed, float spread)
{
    std::mt19937 random(seed);
    std::vector<float> values(count);
    for (float &value : values)
        value = spread * (static_cast<float>(random() >> 8) / 8388608.0F - 1.0F);
    return values;
}

} // namespace engine::verification
