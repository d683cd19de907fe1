#pragma once
// Endless random bytes of a tensor's element type, fast enough to fill a disk.

#include "engine/memory/dtype.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace engine::model {

class RandomValues {
public:
    /// Uniform in center ± spread, the same for the same name and seed. A block of a prime number of values comes
    /// round again and again, so that no two rows of a matrix are alike. F8_E4M3 ignores center and spread: any code
    /// but NaN, with an r.m.s. near 128.
    RandomValues(const std::string &name, std::uint64_t seed, memory::DType dtype, float center, float spread,
                 std::uint64_t count);

    void fill(std::span<std::byte> out); ///< whole elements; goes on where the last call ended

private:
    std::vector<std::byte> m_block;
    std::size_t m_at = 0;
};

} // namespace engine::model
