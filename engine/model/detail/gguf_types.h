#pragma once
// Element types of GGUF tensors (ggml-org/ggml include/ggml.h, src/ggml-common.h).

#include "engine/memory/dtype.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace engine::model {

struct GgufTensorType {
    std::uint32_t id = 0;
    std::string_view name;              ///< as ggml calls it: "Q4_K"
    std::uint64_t blockElements = 1;    ///< numbers that are stored together
    std::uint64_t blockBytes = 0;       ///< of such a block
    std::optional<memory::DType> dtype; ///< nothing: the engine does not compute with it
};

/// Nullptr: not a type of ggml.
const GgufTensorType *ggufTensorType(std::uint32_t id);

std::string readableGgufTypes(); ///< "F32, F16, ..." for messages

} // namespace engine::model
