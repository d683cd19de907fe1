#pragma once
// Where the tokenizer and the chat template of a model stand.

#include <variant>

namespace engine::model {

class GgufFile;
class ModelFolder;

/// tokenizer.json and its companions, or the metadata of a GGUF file. Points to what ModelFiles owns.
using TextSource = std::variant<const ModelFolder *, const GgufFile *>;

} // namespace engine::model
