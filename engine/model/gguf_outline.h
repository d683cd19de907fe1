#pragma once
// What the header of a GGUF file says about the model (ggml-org/ggml docs/gguf.md; keys {architecture}.block_count and
// the like).

#include "engine/model/gguf_file.h"
#include "engine/model/model_config.h"

#include <cstdint>
#include <string>

namespace engine::model {

/// What config.json says elsewhere. general.architecture: llama, qwen2, qwen3, deepseek or deepseek2. Each value is
/// checked as readModelConfig does; errors name the key. Throws Error ConfigInvalid, UnsupportedArchitecture,
/// UnsupportedFeature.
ModelConfig readGgufConfig(const GgufFile &file);

/// general.sampling.*
GenerationDefaults readGgufDefaults(const GgufFile &file);

std::string ggufArchitecture(const GgufFile &file); ///< general.architecture, printable; empty when it is not there
std::string ggufQuantization(const GgufFile &file); ///< "GGUF Q4_K + Q6_K": types of the matrices
/// Throws UnsupportedFeature naming the first tensor whose type the engine does not compute with.
void requireReadableTypes(const GgufFile &file);
/// Of the tensors as they are used: mapped, or put together at loading.
std::uint64_t ggufWeightBytes(const ModelConfig &config, const GgufFile &file);
/// ModelFiles::deviceExcessBytes()
std::uint64_t ggufDeviceExcessBytes(const ModelConfig &config, const GgufFile &file);

} // namespace engine::model
