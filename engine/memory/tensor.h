#pragma once
// A view of numbers in memory; owns nothing.

#include "engine/memory/dtype.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace engine::memory {

/// Row-major, innermost dimension last: a weight [out, in] has rows() = out and cols() = in, which is a multiple of
/// the block when the type is a block type.
/// `data` may have any alignment when it points into a checkpoint (safetensors promises none): read it
/// with unaligned loads, loadUnaligned() or at(). Data in a Buffer starts on 64 bytes.
/// Whoever made the view keeps the memory alive; reading is safe from any number of threads.
struct Tensor {
    static constexpr std::size_t maxRank = 8;

    const void *data = nullptr;
    DType dtype = DType::F32;
    std::uint8_t rank = 0; ///< 0 = one scalar
    std::array<std::uint64_t, maxRank> shape{};

    Tensor() = default;
    Tensor(const void *address, DType type, std::span<const std::uint64_t> dims);

    bool empty() const { return data == nullptr; } ///< no tensor at all
    std::span<const std::uint64_t> dims() const { return {shape.data(), rank}; }
    std::uint64_t rows() const { return rank == 0 ? 1 : shape[0]; }
    std::uint64_t cols() const; ///< product of all dimensions but the first; 1 for a vector
    std::uint64_t elements() const { return rows() * cols(); }
    std::uint64_t bytes() const { return elements() / blockElements(dtype) * blockBytes(dtype); }
    std::uint64_t rowBytes() const { return cols() / blockElements(dtype) * blockBytes(dtype); }
    const std::byte *row(std::uint64_t index) const
    {
        return static_cast<const std::byte *>(data) + index * rowBytes();
    }

    /// Element `index` in row-major order as a float; F32, F16, BF16, F8_E4M3 and block types only (others: Error
    /// Internal).
    float at(std::uint64_t index) const;
};

/// "[48, 64]"
std::string shapeText(std::span<const std::uint64_t> dims);

} // namespace engine::memory
