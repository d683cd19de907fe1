#pragma once
// Matrix products run in BF16 (twice as fast where the CPU has AVX-512 BF16) or in F32;
// everything between them is F32. Accumulation is F32 either way.

#include <torch/torch.h>

#include <bit>
#include <cstdint>

namespace engine::training {

/// Process-wide; set by the training loop between steps, never during one.
void useBf16Products(bool enabled);
at::ScalarType productType();

struct Bf16 {
    std::uint16_t bits;

    Bf16() = default;
    Bf16(float value)
    {
        const auto u = std::bit_cast<std::uint32_t>(value);
        bits = static_cast<std::uint16_t>((u + 0x7FFFU + ((u >> 16) & 1U)) >> 16);
    }
    operator float() const { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }
};

/// Calls `body` with a typed pointer to the values of a BF16 or F32 tensor.
template <typename Body>
void withValues(const torch::Tensor &tensor, Body body)
{
    if (tensor.scalar_type() == at::kBFloat16)
        body(static_cast<Bf16 *>(tensor.data_ptr()));
    else
        body(tensor.data_ptr<float>());
}

inline torch::Tensor toProduct(const torch::Tensor &tensor)
{
    return tensor.to(productType());
}

inline torch::Tensor emptyProduct(at::IntArrayRef shape)
{
    return torch::empty(shape, at::TensorOptions(productType()));
}

} // namespace engine::training
