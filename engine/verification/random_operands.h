#pragma once
// Operands that are the same on every machine: all from std::mt19937 and a seed.

#include "engine/backend/backend.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace engine::verification {

/// Uniform in [−spread, spread).
std::vector<float> randomFloats(std::size_t count, unsigned seed, float spread = 1.0F);

/// A matrix of random weights up to 1 that owns its memory. `offset` shifts the data to an odd address.
class RandomMatrix {
public:
    RandomMatrix(memory::DType dtype, int rows, int cols, unsigned seed, std::size_t offset = 0, bool scaled = true);

    backend::Matrix view() const;
    double at(int row, int col) const; ///< scale applied

private:
    memory::DType m_dtype;
    int m_rows;
    int m_cols;
    std::size_t m_offset;
    std::vector<std::uint8_t> m_bytes;
    std::vector<float> m_scales;
};

} // namespace engine::verification
