#include "engine/model/detail/finite_scan.h"

#include "engine/memory/block_formats.h"

#include <algorithm>
#include <cstddef>
#include <span>

namespace engine::model {

namespace {

using memory::DType;

/// A float is not finite when all its exponent bits are set; of E4M3FN only the two codes with all seven bits are.
/// Whole blocks are tested without a branch, so that the compiler can use SIMD; the index is searched afterwards.
template <typename Bits>
std::optional<std::uint64_t> firstWithAllBits(const memory::Tensor &tensor, Bits mask)
{
    constexpr std::uint64_t block = 1024;
    const auto *data = static_cast<const std::byte *>(tensor.data);
    const std::uint64_t count = tensor.elements();
    const auto matches = [data, mask](std::uint64_t i) {
        return static_cast<Bits>(memory::loadUnaligned<Bits>(data + i * sizeof(Bits)) & mask) == mask;
    };
    for (std::uint64_t start = 0; start < count; start += block) {
        const std::uint64_t end = std::min(count, start + block);
        bool any = false;
        for (std::uint64_t i = start; i < end; ++i) {
            any |= matches(i);
        }
        for (std::uint64_t i = start; any && i < end; ++i) {
            if (matches(i)) {
                return i;
            }
        }
    }
    return std::nullopt;
}

/// Only the halves d and dmin of a block can be other than finite; then all its values are taken to be.
std::optional<std::uint64_t> firstBadBlock(const memory::Tensor &tensor)
{
    const std::size_t stride = memory::blockBytes(tensor.dtype);
    const std::span<const std::size_t> halves = memory::blockHalves(tensor.dtype);
    const auto *data = static_cast<const std::byte *>(tensor.data);
    const std::uint64_t blocks = tensor.bytes() / stride;
    for (std::uint64_t block = 0; block < blocks; ++block) {
        for (const std::size_t offset : halves) {
            const auto half = memory::loadUnaligned<std::uint16_t>(data + block * stride + offset);
            if ((half & 0x7C00U) == 0x7C00U) {
                return block * memory::blockElements(tensor.dtype);
            }
        }
    }
    return std::nullopt;
}

} // namespace

std::optional<std::uint64_t> firstNonFinite(const memory::Tensor &tensor)
{
    if (memory::isBlockType(tensor.dtype))
        return firstBadBlock(tensor);
    switch (tensor.dtype) {
    case DType::F32:
        return firstWithAllBits<std::uint32_t>(tensor, 0x7F800000U);
    case DType::BF16:
        return firstWithAllBits<std::uint16_t>(tensor, 0x7F80U);
    case DType::F16:
        return firstWithAllBits<std::uint16_t>(tensor, 0x7C00U);
    case DType::F8_E4M3:
        return firstWithAllBits<std::uint8_t>(tensor, 0x7FU);
    default:
        return std::nullopt; // integers are always finite
    }
}

} // namespace engine::model
