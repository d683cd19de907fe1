#pragma once
// Arithmetic on numbers that come from a file: the result, or nothing when it does not fit into 64 bits.

#include <cstdint>
#include <optional>
#include <span>

namespace engine::memory {

inline std::optional<std::uint64_t> checkedAdd(std::uint64_t a, std::uint64_t b) noexcept
{
    std::uint64_t sum = 0;
    return __builtin_add_overflow(a, b, &sum) ? std::nullopt : std::optional(sum);
}

inline std::optional<std::uint64_t> checkedMultiply(std::uint64_t a, std::uint64_t b) noexcept
{
    std::uint64_t product = 0;
    return __builtin_mul_overflow(a, b, &product) ? std::nullopt : std::optional(product);
}

/// Product of all factors; 1 for none.
inline std::optional<std::uint64_t> checkedProduct(std::span<const std::uint64_t> factors) noexcept
{
    std::optional<std::uint64_t> product = 1;
    for (const std::uint64_t factor : factors) {
        product = checkedMultiply(*product, factor);
        if (!product) {
            break;
        }
    }
    return product;
}

} // namespace engine::memory
