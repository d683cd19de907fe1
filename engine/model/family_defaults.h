#pragma once
// What the authors of a generation recommend, where generation_config.json does not say it.

#include "engine/model_info.h"

namespace engine::model {

/// Completes what generation_config.json left open in `info` (recommendations, their source and range, greedyRepeats,
/// systemPrompt) by its templateName and architecture. A folder that recommends a temperature outside of the family's
/// range holds a model of its own with the family's template: only what the template itself does is told of it then.
/// `onlyLastSystemMessage`: the template keeps no other.
///
/// Sources: model cards and READMEs of the families, and the generation_config.json they were published with.
void addFamilyDefaults(ModelInfo &info, bool onlyLastSystemMessage);

} // namespace engine::model
