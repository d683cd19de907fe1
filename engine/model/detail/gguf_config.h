#pragma once
// What config.json says, from the metadata of a GGUF file (ggml-org/ggml docs/gguf.md; keys {architecture}.block_count
// and the like).

#include "engine/model/gguf_file.h"
#include "engine/model/model_config.h"

#include <string>

namespace engine::model {

/// general.architecture: llama, qwen2, qwen3, deepseek or deepseek2. Each value is checked as readModelConfig does;
/// errors name the key. Throws Error ConfigInvalid, UnsupportedArchitecture, UnsupportedFeature.
ModelConfig readGgufConfig(const GgufFile &file);

/// general.sampling.*; the end tokens beside eos_token_id.
GenerationDefaults readGgufDefaults(const GgufFile &file);

} // namespace engine::model
