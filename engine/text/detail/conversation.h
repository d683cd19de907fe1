#pragma once
// A conversation made ready for a format: what of it the model is shown, and what not.

#include "engine/text/detail/chat_format.h"

#include <vector>

namespace engine::text::detail {

/// Throws RequestInvalid, field "messages" or "messages[i].<name>".
void validate(const std::vector<ChatMessage> &messages, bool continueLast);

struct Conversation {
    std::vector<Turn> turns;               ///< one for each message
    std::vector<PromptOmission> omissions; ///< by message; without their numbers of tokens
};

/// Of messages that are not continued.
Conversation prepare(const ChatFormat &format, std::span<const ChatMessage> messages, ThinkingRetention retention);

} // namespace engine::text::detail
