#pragma once
// A conversation in a JSON file, for the commands that look at more than one message.

#include "engine/generation.h"

#include <string>
#include <vector>

namespace app::cli {

/// A list of {"role": "system" | "user" | "assistant", "text": "…", "thinking": "…", "thinking_closed": true}, the last
/// two optional and the assistant's only. "-": the standard input. Throws CommandError (exit code Usage) that names the
/// message.
std::vector<engine::ChatMessage> readConversation(const std::string &file);

} // namespace app::cli
