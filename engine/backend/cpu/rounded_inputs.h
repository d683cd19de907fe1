#pragma once
// InputRounding on the CPU, which is the reference for what it means.

#include "engine/backend/backend.h"
#include "engine/backend/cpu/parallel.h"

namespace engine::backend::cpu {

inline constexpr std::size_t roundingGroup = 128; ///< columns that share a scale

/// What the numbers of a group are divided by, from the largest magnitude as its bits: NaN where that is not finite.
float roundingScale(std::uint32_t largest, InputRounding rounding);

/// Each number as the product reads it; `out` may be `x`.
void roundRow(const float *x, std::size_t width, InputRounding rounding, float *out);

/// Rounded copies of the inputs of products.
class RoundedInputs {
public:
    void reserve(const WorkspaceShape &shape);
    std::uint64_t scratchBytes() const { return m_rows.bytes(); }

    /// x itself where nothing is rounded; else a copy that is good until the next call.
    ConstRows of(Parallel &parallel, const ConstRows &x, InputRounding rounding);

private:
    Scratch m_rows;
};

} // namespace engine::backend::cpu
