#include "engine/backend/cpu/rounded_inputs.h"

#include <bit>
#include <limits>

namespace engine::backend::cpu {

namespace {

constexpr float leastLargest = 1e-4F; // so that a group of zeros has a scale
constexpr float largestE4m3 = 448.0F;

/// Magnitudes are in the order of their bits, infinity and NaN last.
std::uint32_t largestMagnitude(const float *x, std::size_t count)
{
    std::uint32_t largest = 0;
    for (std::size_t i = 0; i < count; ++i)
        largest = std::max(largest, std::bit_cast<std::uint32_t>(x[i]) & 0x7FFFFFFFU);
    return largest;
}

std::size_t floatsOf(int rows, int width)
{
    return static_cast<std::size_t>(rows) * static_cast<std::size_t>(width);
}

} // namespace

float roundingScale(std::uint32_t largest, InputRounding rounding)
{
    if (largest >= 0x7F800000U)
        return std::numeric_limits<float>::quiet_NaN();
    const float scale = std::max(std::bit_cast<float>(largest), leastLargest) / largestE4m3;
    if (rounding != InputRounding::E4m3PowerOfTwo)
        return scale;
    return std::bit_cast<float>((std::bit_cast<std::uint32_t>(scale) + 0x007FFFFFU) & 0x7F800000U);
}

void roundRow(const float *x, std::size_t width, InputRounding rounding, float *out)
{
    for (std::size_t first = 0; first < width; first += roundingGroup) {
        const std::size_t count = std::min(roundingGroup, width - first);
        const float scale = roundingScale(largestMagnitude(x + first, count), rounding);
        for (std::size_t i = first; i < first + count; ++i)
            out[i] = memory::e4m3ToFloat(memory::floatToE4m3(x[i] / scale)) * scale;
    }
}

void RoundedInputs::reserve(const WorkspaceShape &shape)
{
    m_rows.reserve(floatsOf(shape.tokens, shape.roundedWidth));
}

ConstRows RoundedInputs::of(Parallel &parallel, const ConstRows &x, InputRounding rounding)
{
    if (rounding == InputRounding::None)
        return x;
    constexpr double divisionCost = 8.0; // in multiply-adds
    m_rows.reserve(floatsOf(x.rows, x.width));
    const Rows rounded{m_rows.data(), x.rows, x.width, static_cast<std::size_t>(x.width)};
    parallel.split(x.rows, 1, divisionCost * x.rows * x.width, [&](int first, int end, int) {
        for (int row = first; row < end; ++row)
            roundRow(x.row(row), static_cast<std::size_t>(x.width), rounding, rounded.row(row));
    });
    return rounded;
}

} // namespace engine::backend::cpu
