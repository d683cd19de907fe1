#pragma once
// config.json in parts: each reads its fields into the model and refuses by name what the engine does not run.

#include "engine/model/detail/config_object.h"
#include "engine/model/model_config.h"

namespace engine::model {

inline constexpr int maxPositions = 1 << 24; ///< tokens
inline constexpr int maxWidth = 131'072;
inline constexpr int maxIntermediate = 1'048'576;
inline constexpr int maxHeadDim = 4'096;
inline constexpr int maxHeads = 1'024;

void readAttention(const ConfigObject &config, ModelConfig &model); ///< after architecture, hidden_size and heads
void readExperts(const ConfigObject &config, ModelConfig &model);   ///< after num_hidden_layers
void readRope(const ConfigObject &config, ModelConfig &model);

} // namespace engine::model
