#pragma once
// From the history to a request: which messages the model is shown and with which sampler settings. Pure functions.

#include "app/conversation_tree.h"
#include "engine/generation.h"
#include "ui/ui_settings.h"

namespace app {

/// The branch above `reply`, and with `continuing` also what `reply` has so far, to be gone on with. Failed or empty
/// replies in between are left out. The sampler is the one recorded with the reply, and so is what it was to think.
engine::GenerationRequest buildRequest(const ConversationTree &tree, const storage::MessageRecord &reply,
                                       bool continuing);

/// Of the replies that buildRequest leaves out, the thoughts they got to.
std::vector<std::string> unansweredThoughts(const ConversationTree &tree, const storage::MessageRecord &reply);

/// The user's sampler settings, with the model's recommendations and a fresh seed where the user wants these.
storage::SamplerRecord samplerFor(const ui::UiSettings &settings, const engine::ModelInfo &model);

/// Which thoughts the next reply sees and whether it thinks, as the user wants it and the model can.
storage::ThinkingRecord thinkingFor(const ui::UiSettings &settings, const engine::ModelInfo &model);
bool beginsWithThought(const storage::ThinkingRecord &thinking, const engine::ModelInfo &model);

} // namespace app
