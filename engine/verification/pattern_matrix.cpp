#include "engine/verification/pattern_matrix.h"

#include "engine/verification/random_operands.h"

#include <algorithm>
#include <cstring>
#include <random>

namespace engine::verification {

namespace {

constexpr std::size_t period = 65521; // a prime
constexpr int blockSize = 128;

/// Numbers up to 1 in BF16; codes up to 2 in FP8.
std::vector<std::uint8_t> patternOf(memory::DType dtype, unsigned seed)
{
    std::mt19937 generator(seed);
    const std::size_t bytes = dtype == memory::DType::BF16 ? 2 : 1;
    std::vector<std::uint8_t> pattern(period * bytes);
    for (std::size_t i = 0; i < period; ++i) {
        const auto random = static_cast<std::uint32_t>(generator());
        const std::uint32_t sign = random >> 31;
        if (bytes == 2) {
            const std::uint32_t number = sign << 15 | (0x3C00U + (random & 0x37FU));
            std::memcpy(&pattern[2 * i], &number, 2); // the low half: all machines this runs on are little-endian
        } else {
            pattern[i] = static_cast<std::uint8_t>(sign << 7 | (random & 0x3FU));
        }
    }
    return pattern;
}

} // namespace

PatternMatrix::PatternMatrix(memory::DType dtype, int rows, int cols, unsigned seed)
    : m_dtype(dtype), m_rows(rows), m_cols(cols)
{
    const std::vector<std::uint8_t> pattern = patternOf(dtype, seed);
    const std::size_t width = pattern.size() / period;
    m_bytes.resize(static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols) * width);
    for (std::size_t at = 0; at < m_bytes.size(); at += pattern.size())
        std::memcpy(m_bytes.data() + at, pattern.data(), std::min(pattern.size(), m_bytes.size() - at));
    if (dtype != memory::DType::F8_E4M3)
        return;
    const auto blocks = [](int count) { return static_cast<std::size_t>((count + blockSize - 1) / blockSize); };
    m_scales = randomFloats(blocks(rows) * blocks(cols), seed + 1, 0.1F);
    for (float &scale : m_scales)
        scale += 0.3F;
}

backend::Matrix PatternMatrix::view() const
{
    backend::Matrix matrix{m_bytes.data(), m_dtype, m_rows, m_cols};
    matrix.scale = m_scales.empty() ? nullptr : m_scales.data();
    return matrix;
}

} // namespace engine::verification
