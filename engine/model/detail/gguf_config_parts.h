#pragma once
// Metadata of a GGUF file in parts, each read into the model.

#include "engine/model/detail/gguf_fields.h"
#include "engine/model/model_config.h"

namespace engine::model {

/// `fields` are those of the architecture.
void readGgufAttention(const GgufFields &fields, ModelConfig &model); ///< after hidden_size and heads
void readGgufExperts(const GgufFields &fields, ModelConfig &model);   ///< after num_hidden_layers
void readGgufRope(const GgufFields &fields, ModelConfig &model);      ///< after the attention

} // namespace engine::model
