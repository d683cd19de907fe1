#pragma once
// The names of the parts of a split GGUF file: <name>-00001-of-00005.gguf, as llama.cpp's gguf-split writes them.

#include <optional>
#include <string>
#include <string_view>

namespace engine::model {

struct GgufPartName {
    std::string stem; ///< in front of "-00001-of-00005.gguf"
    int number = 0;   ///< from 1
    int count = 0;

    std::string ofPart(int part) const; ///< the file name of another part of the same model
};

/// Nothing when the name is not one of a part.
std::optional<GgufPartName> parseGgufPartName(std::string_view fileName);

/// Without .gguf and the number of the part.
std::string ggufModelName(std::string_view fileName);

} // namespace engine::model
