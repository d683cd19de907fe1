#pragma once
// Names of tensors in GGUF (gguf-py/gguf/constants.py) for the names the engine uses, which are Hugging Face's.

#include <optional>
#include <string>
#include <string_view>

namespace engine::model {

/// Where a tensor stands: by itself, or as one of the matrices that a stack of all experts holds.
struct GgufPlace {
    std::string name;
    std::optional<int> expert;
};

/// `name` is one that readWeights() asks for.
GgufPlace ggufPlaceOf(std::string_view name);

} // namespace engine::model
