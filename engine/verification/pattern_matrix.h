#pragma once
// Matrices of the size of a real model's, which need not be random to the last number.

#include "engine/backend/backend.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace engine::verification {

/// BF16 or F8_E4M3: the same 65521 random numbers over and over, so that no two rows are alike.
class PatternMatrix {
public:
    PatternMatrix(memory::DType dtype, int rows, int cols, unsigned seed);

    backend::Matrix view() const;

private:
    memory::DType m_dtype;
    int m_rows;
    int m_cols;
    std::vector<std::uint8_t> m_bytes;
    std::vector<float> m_scales; ///< of FP8: blocks of 128 x 128
};

} // namespace engine::verification
