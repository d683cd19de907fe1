#pragma once
// Looks for NaN and infinity in weights.

#include "engine/memory/tensor.h"

#include <cstdint>
#include <optional>

namespace engine::model {

/// Row-major index of the first element that is NaN or infinite, of a tensor of F32, BF16, F16, F8_E4M3 or a block type
/// (there: of the first element of the block).
std::optional<std::uint64_t> firstNonFinite(const memory::Tensor &tensor);

} // namespace engine::model
